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

  /// Roughly how much memory may wait for the reader.
  static constexpr std::size_t max_bytes = 8 * 1024 * 1024;

  /// False if there is no room even without progress reports.
  [[nodiscard]] bool add(protocol::event_ptr x) {
    auto size = footprint(*x);
    if (is_full(size) && (!drop_progress() || is_full(size)))
      return false;
    bytes_ += size;
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
    bytes_ -= footprint(*events_.front());
    events_.pop_front();
  }

  /// Forgets everything, the gap too: history has what is dropped here.
  void clear() {
    events_.clear();
    bytes_ = 0;
    gap_ = false;
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
  [[nodiscard]] bool is_full(std::size_t more) const {
    return events_.size() >= limit_
           || (!events_.empty() && bytes_ + more > max_bytes);
  }

  [[nodiscard]] bool drop_progress() {
    auto dropped = std::erase_if(events_, [this](const protocol::event_ptr& x) {
      if (!std::holds_alternative<protocol::agent_progress>(x->body))
        return false;
      bytes_ -= footprint(*x);
      return true;
    });
    gap_ = gap_ || dropped > 0;
    return dropped > 0;
  }

  std::size_t limit_;
  std::size_t bytes_ = 0;
  std::deque<protocol::event_ptr> events_;
  bool gap_ = false;
};

} // namespace bridgekeeper::actors
