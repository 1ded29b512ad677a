#pragma once

#include "protocol/event.hpp"

#include <cstddef>
#include <deque>
#include <optional>
#include <utility>
#include <variant>

namespace bridgekeeper::actors {

/// Events a slow reader has yet to get. When there are too many, progress
/// reports are dropped, and the reader is told that there is a gap; whatever
/// else was taken in is kept until it is read. Pure bookkeeping.
class stream_backlog {
public:
  explicit stream_backlog(std::size_t limit) : limit_(limit) {}

  /// Roughly how much memory may wait for the reader.
  static constexpr std::size_t max_bytes = 8 * 1024 * 1024;

  /// A progress report without room is dropped. False if another event has
  /// none, even without the progress reports that waited.
  [[nodiscard]] bool add(protocol::event_ptr x) {
    auto size = footprint(*x);
    if (is_full(size)) {
      if (is_progress(*x)) {
        gap_ = true;
        return true;
      }
      drop_progress();
      if (is_full(size))
        return false;
    }
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

  /// Whether something was dropped that the reader was not told of yet.
  [[nodiscard]] bool has_gap() const noexcept {
    return gap_;
  }

  /// The reader was told.
  void forget_gap() noexcept {
    gap_ = false;
  }

private:
  [[nodiscard]] static bool is_progress(const protocol::event& x) noexcept {
    return std::holds_alternative<protocol::agent_progress>(x.body);
  }

  [[nodiscard]] bool is_full(std::size_t more) const {
    return events_.size() >= limit_
           || (!events_.empty() && bytes_ + more > max_bytes);
  }

  void drop_progress() {
    auto dropped = std::erase_if(events_, [this](const protocol::event_ptr& x) {
      if (!is_progress(*x))
        return false;
      bytes_ -= footprint(*x);
      return true;
    });
    gap_ = gap_ || dropped > 0;
  }

  std::size_t limit_;
  std::size_t bytes_ = 0;
  std::deque<protocol::event_ptr> events_;
  bool gap_ = false;
};

} // namespace bridgekeeper::actors
