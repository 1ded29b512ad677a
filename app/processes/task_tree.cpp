#include "app/processes/task_tree.hpp"

#include <utility>

namespace bridgekeeper::app {

task_tree::task_tree(process_key root, std::string mark)
  : mark_(std::move(mark)) {
  if (root.pid <= 0)
    return;
  known_.insert(root);
  led_.insert(root.pid);
}

void task_tree::add(const process_key& process) {
  known_.insert(process);
}

std::vector<process_key>
task_tree::find(const process_table& table, const mark_reader& mark_of,
                const std::unordered_set<pid_t>& spared) {
  add_seeds(table, mark_of, spared);
  add_descendants(table, spared);
  forget_ended(table);
  auto is_member = [&](const process_entry& x) {
    return !x.zombie && known_.contains(x.key) && !spared.contains(x.key.pid);
  };
  std::vector<process_key> out;
  std::unordered_set<pid_t> seen;
  std::vector<process_key> line;
  for (const auto& x : table.entries()) {
    // The process and those of its ancestors that are not in the result yet.
    line.clear();
    for (auto entry = &x; entry != nullptr && is_member(*entry)
                          && seen.insert(entry->key.pid).second;
         entry = table.find(entry->parent))
      line.push_back(entry->key);
    out.insert(out.end(), line.rbegin(), line.rend());
  }
  return out;
}

/// A number stays taken while a session or a group bears it. If its leader is
/// there, it must be a known process; otherwise, the number has been used
/// again.
bool task_tree::is_ours(const process_table& table, pid_t leader) const {
  if (!led_.contains(leader))
    return false;
  auto entry = table.find(leader);
  return entry == nullptr || known_.contains(entry->key);
}

void task_tree::add_seeds(const process_table& table,
                          const mark_reader& mark_of,
                          const std::unordered_set<pid_t>& spared) {
  for (const auto& x : table.entries()) {
    if (spared.contains(x.key.pid) || known_.contains(x.key))
      continue;
    if (is_ours(table, x.session) || is_ours(table, x.group)
        || (!mark_.empty() && !x.zombie && mark_of(x) == mark_))
      known_.insert(x.key);
  }
}

void task_tree::add_descendants(const process_table& table,
                                const std::unordered_set<pid_t>& spared) {
  std::unordered_multimap<pid_t, const process_entry*> children;
  std::vector<const process_entry*> open;
  for (const auto& x : table.entries()) {
    if (spared.contains(x.key.pid))
      continue;
    if (known_.contains(x.key))
      open.push_back(&x);
    else
      children.emplace(x.parent, &x);
  }
  while (!open.empty()) {
    auto next = open.back();
    open.pop_back();
    if (next->session == next->key.pid || next->group == next->key.pid)
      led_.insert(next->key.pid);
    auto [first, last] = children.equal_range(next->key.pid);
    for (; first != last; ++first)
      if (known_.insert(first->second->key).second)
        open.push_back(first->second);
  }
}

/// Numbers of processes, sessions and groups that have gone may be used again.
void task_tree::forget_ended(const process_table& table) {
  std::unordered_set<pid_t> in_use;
  for (const auto& x : table.entries())
    in_use.insert({x.key.pid, x.session, x.group});
  std::erase_if(led_, [&](auto x) { return !in_use.contains(x); });
  std::erase_if(known_, [&](const auto& x) {
    auto entry = table.find(x.pid);
    return entry == nullptr || entry->key != x;
  });
}

} // namespace bridgekeeper::app
