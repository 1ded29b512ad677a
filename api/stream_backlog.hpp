#pragma once

#include "api/waiting_events.hpp"
#include "domain/event.hpp"

#include <cstddef>
#include <memory>
#include <utility>

namespace bridgekeeper::api {

/// The events that wait for a slow reader. If there are too many, progress
/// reports are dropped and the reader is told about the gap; all other events
/// are kept until they are read. Pure bookkeeping.
class stream_backlog {
public:
  explicit stream_backlog(std::size_t limit,
                          std::shared_ptr<net::output_ledger> ledger = {})
    : limit_(limit), events_(std::move(ledger)) {}

  /// Approximate memory limit for the waiting events.
  static constexpr std::size_t max_bytes = 8 * 1024 * 1024;

  /// Adds an event. If there is no room, progress reports are dropped: this
  /// one, or those that wait. Returns false if another event still does not
  /// fit.
  [[nodiscard]] bool add(event_ptr x) {
    auto size = footprint(*x);
    if (is_full(size)) {
      if (is_expendable(*x)) {
        gap_ = true;
        return true;
      }
      drop_progress();
      if (is_full(size))
        return false;
    }
    events_.push(std::move(x));
    return true;
  }

  [[nodiscard]] bool empty() const noexcept {
    return events_.empty();
  }

  [[nodiscard]] const event_ptr& front() const {
    return events_.front();
  }

  void pop() {
    events_.pop();
  }

  void clear() {
    events_.clear();
  }

  [[nodiscard]] std::size_t bytes() const noexcept {
    return events_.bytes();
  }

  /// Whether events were dropped and the reader has not been told yet.
  [[nodiscard]] bool has_gap() const noexcept {
    return gap_;
  }

  /// The reader has been told.
  void forget_gap() noexcept {
    gap_ = false;
  }

private:
  [[nodiscard]] bool is_full(std::size_t more) const {
    return events_.size() >= limit_
           || (!events_.empty() && events_.bytes() + more > max_bytes);
  }

  void drop_progress() {
    auto dropped = events_.drop_if(&is_expendable);
    gap_ = gap_ || dropped > 0;
  }

  std::size_t limit_;
  waiting_events events_;
  bool gap_ = false;
};

} // namespace bridgekeeper::api
