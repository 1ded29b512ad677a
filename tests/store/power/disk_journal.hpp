#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace bridgekeeper::test {

/// What a process has done to a directory or its files: a record of
/// `disk_recorder.c`.
struct disk_call {
  /// The numbers are those of the recorder.
  enum class kind : std::uint32_t {
    /// A file; `data` is its name.
    created = 1,
    /// `data` from the offset `at` on.
    written,
    /// To the size `at`.
    resized,
    synced,
    directory_synced,
    /// A name; `data` says which.
    removed,
    /// `data` is the old name, a slash, and the new name.
    renamed,
    /// Somebody was told something: `data`.
    marked,
  };

  kind what{};
  /// The inode, which another file may get after this one was removed.
  std::uint64_t file = 0;
  std::uint64_t at = 0;
  std::string data;
};

/// All records of a journal, in the order in which the calls took effect.
[[nodiscard]] std::vector<disk_call> read_journal(const std::string& path);

} // namespace bridgekeeper::test
