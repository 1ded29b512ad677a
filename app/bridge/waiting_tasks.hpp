#pragma once

#include "app/bridge/boot_clock.hpp"
#include "domain/messages.hpp"

#include <cstddef>
#include <deque>
#include <optional>
#include <vector>

namespace bridgekeeper::app {

/// A dispatch that was received but not started.
struct waiting_task {
  dispatch what;
  /// When the daemon will no longer want the result, if ever.
  std::optional<boot_clock::time_point> deadline;
};

/// The dispatches of a bridge that wait for others to end, in the order of
/// arrival. Plain data; one thread.
class waiting_tasks {
public:
  using time_point = boot_clock::time_point;

  void push(waiting_task x);

  /// Removes and returns the oldest one. Requires one.
  [[nodiscard]] waiting_task pop();

  /// Removes and returns the one with this wire id, if it waits.
  [[nodiscard]] std::optional<waiting_task> take(const message_id& id);

  /// Removes and returns those whose deadline has passed.
  [[nodiscard]] std::vector<waiting_task> take_overdue(time_point now);

  /// Removes and returns all.
  [[nodiscard]] std::vector<waiting_task> take_all();

  /// The earliest deadline, if any has one.
  [[nodiscard]] std::optional<time_point> next_deadline() const;

  [[nodiscard]] bool empty() const noexcept {
    return tasks_.empty();
  }

  [[nodiscard]] std::size_t size() const noexcept {
    return tasks_.size();
  }

private:
  template <class Predicate>
  std::vector<waiting_task> take_if(Predicate predicate);

  std::deque<waiting_task> tasks_;
};

} // namespace bridgekeeper::app
