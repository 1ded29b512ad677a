#pragma once

#include "protocol/event.hpp"

#include <cstddef>
#include <deque>
#include <optional>
#include <utility>
#include <variant>

namespace bridgekeeper::actors {

/// Events a slow reader has yet to get. When there are too many, progress
/// reports go first, and the reader is told that there is a gap; everything
/// else is kept as long as there is room at all. Pure bookkeeping.
class stream_backlog {
public:
  explicit stream_backlog(std::size_t limit) : limit_(limit) {}

  /// False if there is no room even without progress reports.
  [[nodiscard]] bool add(protocol::event_ptr x) {
    if (events_.size() >= limit_ && !drop_progress())
      return false;
    events_.push_back(std::move(x));
    return true;
  }

  [[nodiscard]] bool empty() const noexcept {
    return events_.empty();
  }

  [[nodiscard]] const protocol::event_ptr& front() const {
    return events_.front();
  }

  void pop() {
    events_.pop_front();
  }

  /// Whether something was dropped that the reader was not told of yet.
  [[nodiscard]] bool has_gap() const noexcept {
    return gap_;
  }

  /// The reader was told.
  void forget_gap() noexcept {
    gap_ = false;
  }

private:
  [[nodiscard]] bool drop_progress() {
    auto dropped = std::erase_if(events_, [](const protocol::event_ptr& x) {
      return std::holds_alternative<protocol::agent_progress>(x->body);
    });
    gap_ = gap_ || dropped > 0;
    return dropped > 0;
  }

  std::size_t limit_;
  std::deque<protocol::event_ptr> events_;
  bool gap_ = false;
};

} // namespace bridgekeeper::actors
