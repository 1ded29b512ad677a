#pragma once

#include "store/power/disk_journal.hpp"
#include "store/power/power_failure.hpp"

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

namespace bridgekeeper::test {

/// Names and contents of the files of a directory.
using disk_image = std::map<std::string, std::string>;

/// A directory on a disk that promises only what POSIX does. What was written
/// to a file, and its size, are certain after a sync of the file. That a name
/// was added, removed or changed is certain after a sync of the directory.
/// Before, the disk may have any part of it: sectors of 512 bytes in any order,
/// each as it was at some time since the last sync; a size of that time; each
/// name as it was at some time since the directory was synced.
class recorded_disk {
public:
  static constexpr std::uint64_t sector = 512;

  /// The next call. It must outlive the object.
  void apply(const disk_call& x);

  /// What a power failure could leave now.
  [[nodiscard]] disk_image after(power_failure& failure) const;

  [[nodiscard]] std::size_t calls() const noexcept {
    return calls_;
  }

private:
  /// A call and its number.
  using numbered_call = std::pair<std::size_t, const disk_call*>;

  struct file {
    std::string durable;
    std::vector<numbered_call> unsynced;
  };

  struct name_change {
    std::size_t call;
    std::string from;
    std::string to;
    std::size_t file;
  };

  using name_table = std::map<std::string, std::size_t>;

  static void change(std::string& content, const disk_call& x);
  static void change(name_table& names, const name_change& x);
  /// `last_call`: the newest call whose effect on the size has survived.
  [[nodiscard]] static std::uint64_t
  size_after(const file& x, power_failure& failure, std::size_t& last_call);
  [[nodiscard]] static std::string content_after(const file& x,
                                                 power_failure& failure);
  [[nodiscard]] name_table names_after(power_failure& failure) const;

  std::size_t calls_ = 0;
  std::vector<file> files_;
  /// By inode.
  std::map<std::uint64_t, std::size_t> newest_;
  /// As the process sees them, and as they are certain to be on disk.
  name_table names_;
  name_table durable_names_;
  std::vector<name_change> unsynced_names_;
};

} // namespace bridgekeeper::test
