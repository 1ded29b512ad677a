#pragma once

#include "app/processes/owned_fd.hpp"
#include "domain/result.hpp"

#include <filesystem>
#include <string>
#include <string_view>
#include <sys/types.h>
#include <vector>

namespace bridgekeeper::app {

/// Whether tasks get control groups of their own.
enum class cgroup_use {
  /// Where the kernel and the permissions allow it.
  automatic,
  off,
};

/// One task's control group (cgroup v2), which no descendant of the task can
/// leave without privileges. The destructor leaves the directory in place.
class task_cgroup {
public:
  /// `directory` must exist.
  explicit task_cgroup(std::filesystem::path directory);

  /// The descriptor into which a process writes "0" to join the group. Invalid
  /// if the group cannot be joined.
  [[nodiscard]] int entrance() const noexcept {
    return entrance_.get();
  }

  /// Closes the descriptor.
  void close_entrance() noexcept {
    entrance_.reset();
  }

  /// The processes in the group and in the groups below it.
  [[nodiscard]] std::vector<pid_t> members() const;

  /// Kills all members at once. Returns false if the kernel is older than
  /// Linux 5.14 and cannot.
  bool kill();

  /// Removes the empty group and those below it. Returns false if processes are
  /// left in it, and true if it has been removed before.
  bool remove();

  [[nodiscard]] const std::filesystem::path& directory() const noexcept {
    return directory_;
  }

private:
  std::filesystem::path directory_;
  owned_fd entrance_;
};

/// Makes control groups for tasks below the group of this process.
class cgroup_maker {
public:
  /// `root` is where the cgroup v2 hierarchy is mounted, and `own_group` the
  /// text of /proc/self/cgroup. Removes groups that an earlier process left
  /// behind.
  cgroup_maker(const std::filesystem::path& root, std::string_view own_group);

  /// For the hierarchy at /sys/fs/cgroup. If that is not cgroup v2, `make`
  /// fails.
  [[nodiscard]] static cgroup_maker of_this_machine();

  /// Makes a group. The failure says why there will not be any.
  [[nodiscard]] result<task_cgroup> make();

private:
  cgroup_maker() = default;

  void remove_leftovers() const;

  /// The group of this process; empty if there is none.
  std::filesystem::path parent_;
  std::string problem_;
  std::size_t count_ = 0;
};

} // namespace bridgekeeper::app
