#pragma once

#include "app/processes/process_table.hpp"

#include <functional>
#include <string>
#include <unordered_set>
#include <vector>

namespace bridgekeeper::app {

/// The variable whose value marks the processes of a task.
inline constexpr const char* task_mark = "BRIDGEKEEPER_MESSAGE_ID";

/// Decides which processes belong to one task: its root, all descendants,
/// everything in the sessions and process groups that they lead, and all
/// processes that carry the task's mark in their environment. A process that
/// was found once remains a member, even if it gets another parent, session or
/// program. Pure: it sees processes only through tables.
class task_tree {
public:
  /// Returns the mark in a process's environment, or an empty text.
  using mark_reader = std::function<const std::string&(const process_entry&)>;

  task_tree() = default;

  /// `root` may be unknown (zero). An empty mark marks nothing.
  task_tree(process_key root, std::string mark);

  /// Makes a process a member, for example because it is in the task's cgroup.
  void add(const process_key& process);

  /// Returns the members that run, without zombies, parents before their
  /// children: a shell whose command is signalled first would go on with the
  /// next one. Never returns a process in `spared` and does not look for its
  /// descendants.
  [[nodiscard]] std::vector<process_key>
  find(const process_table& table, const mark_reader& mark_of,
       const std::unordered_set<pid_t>& spared);

private:
  void add_seeds(const process_table& table, const mark_reader& mark_of,
                 const std::unordered_set<pid_t>& spared);
  void add_descendants(const process_table& table,
                       const std::unordered_set<pid_t>& spared);
  void forget_ended(const process_table& table);
  [[nodiscard]] bool is_ours(const process_table& table, pid_t leader) const;

  std::string mark_;
  std::unordered_set<process_key, process_key_hash> known_;
  /// Numbers of sessions and process groups that members lead or have led.
  std::unordered_set<pid_t> led_;
};

} // namespace bridgekeeper::app
