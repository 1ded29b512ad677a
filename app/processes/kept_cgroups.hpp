#pragma once

#include "app/processes/task_cgroup.hpp"

#include <memory>
#include <vector>

namespace bridgekeeper::app {

/// The control groups of tasks that are over, until the last process has left
/// them: a group with processes, such as kept leftovers, cannot be removed.
class kept_cgroups {
public:
  /// Removes the group now, or in a later `remove_empty`. May be null.
  void retire(std::shared_ptr<task_cgroup> x);

  /// Removes the groups that have become empty.
  void remove_empty();

  [[nodiscard]] std::size_t size() const noexcept {
    return groups_.size();
  }

private:
  std::vector<std::shared_ptr<task_cgroup>> groups_;
};

} // namespace bridgekeeper::app
