#include "store/slow/dispatch_model.hpp"

namespace bridgekeeper::test::modelled {

std::string model::explore() {
  world start;
  start.executions.assign(static_cast<std::size_t>(attempts_) + 2, 0);
  visit(start, -1);
  while (!open_.empty()) {
    auto [index, x] = std::move(open_.front());
    open_.pop_front();
    if (is_goal(x))
      goals_.push_back(index);
    step(x, index);
    if (!broken_.empty())
      return broken_;
  }
  return is_stuck() ? "it never ends" : "";
}

void model::step(const world& x, int from) {
  if (x.daemon) {
    step_daemon(x, from);
    hear_bridge(x, from);
  }
  step_bridge(x, from);
  step_faults(x, from);
}

void model::visit(const world& x, int from) {
  auto [i, is_new] = known_.emplace(key_of(x), static_cast<int>(known_.size()));
  if (from >= 0)
    edges_.emplace_back(from, i->second);
  if (!is_new)
    return;
  if (auto why = broken_promise(x); !why.empty())
    broken_ = why;
  open_.emplace_back(i->second, x);
}

bool model::is_stuck() const {
  std::vector<std::vector<int>> before(known_.size());
  for (auto [from, to] : edges_)
    before[static_cast<std::size_t>(to)].push_back(from);
  std::vector<bool> reaches(known_.size());
  auto todo = goals_;
  std::size_t count = 0;
  while (!todo.empty()) {
    auto x = static_cast<std::size_t>(todo.back());
    todo.pop_back();
    if (reaches[x])
      continue;
    reaches[x] = true;
    ++count;
    todo.insert(todo.end(), before[x].begin(), before[x].end());
  }
  return count < known_.size();
}

} // namespace bridgekeeper::test::modelled
