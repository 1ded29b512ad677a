#include "app/bridge/waiting_tasks.hpp"

#include <algorithm>
#include <cassert>
#include <iterator>
#include <utility>

namespace bridgekeeper::app {

void waiting_tasks::push(waiting_task x) {
  tasks_.push_back(std::move(x));
}

waiting_task waiting_tasks::pop() {
  assert(!tasks_.empty());
  auto out = std::move(tasks_.front());
  tasks_.pop_front();
  return out;
}

template <class Predicate>
std::vector<waiting_task> waiting_tasks::take_if(Predicate predicate) {
  auto taken = std::stable_partition(
      tasks_.begin(), tasks_.end(),
      [&](const waiting_task& x) { return !predicate(x); });
  std::vector<waiting_task> out{std::make_move_iterator(taken),
                                std::make_move_iterator(tasks_.end())};
  tasks_.erase(taken, tasks_.end());
  return out;
}

std::optional<waiting_task> waiting_tasks::take(const message_id& id) {
  auto found =
      take_if([&](const waiting_task& x) { return x.what.message == id; });
  if (found.empty())
    return std::nullopt;
  return std::move(found.front());
}

std::vector<waiting_task> waiting_tasks::take_overdue(time_point now) {
  return take_if([now](const waiting_task& x) {
    return x.deadline && *x.deadline <= now;
  });
}

std::vector<waiting_task> waiting_tasks::take_all() {
  return take_if([](const waiting_task&) { return true; });
}

std::optional<waiting_tasks::time_point> waiting_tasks::next_deadline() const {
  std::optional<time_point> out;
  for (const auto& x : tasks_)
    if (x.deadline && (!out || *x.deadline < *out))
      out = x.deadline;
  return out;
}

} // namespace bridgekeeper::app
