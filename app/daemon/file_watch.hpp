#pragma once

#include "app/files/file_stamp.hpp"

#include <optional>
#include <string>
#include <vector>

namespace bridgekeeper::app {

/// Decides when a set of files must be read again: when any of them has changed
/// since the last successful read, and after each failed read. The files must
/// be unchanged at two calls in a row, so that a file is not read while it is
/// being written. Main thread.
class file_watch {
public:
  /// Empty paths are ignored.
  explicit file_watch(std::vector<std::string> paths = {})
    : paths_(std::move(paths)) {}

  /// Watches other files, which count as not read yet. Does nothing if the
  /// paths are the same.
  void change_paths(std::vector<std::string> paths);

  /// Whether the files should be read now. Must be called at every tick.
  [[nodiscard]] bool is_due();

  /// Must be called before the files are read, so that a change during the read
  /// is noticed at the next ticks.
  void begin();

  /// Must be called after a successful read. Otherwise the files are due again
  /// at the next tick.
  void succeed();

private:
  using stamps = std::vector<std::optional<file_stamp>>;

  [[nodiscard]] stamps look() const;

  std::vector<std::string> paths_;
  stamps begun_;
  /// The state at the last read; nothing if that read failed.
  std::optional<stamps> loaded_;
  stamps seen_;
};

} // namespace bridgekeeper::app
