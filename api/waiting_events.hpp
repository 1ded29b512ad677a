#pragma once

#include "domain/event.hpp"
#include "net/output_ledger.hpp"

#include <cstddef>
#include <deque>
#include <memory>
#include <utility>

namespace bridgekeeper::api {

/// The events that wait for one reader, oldest first. Measures their memory and
/// adds it to the ledger's total, in which an event counts once even if it
/// waits for several readers.
class waiting_events {
public:
  /// If `ledger` is null, nothing is added to a total, and the events are not
  /// marked: other readers of the same events may have a ledger.
  explicit waiting_events(std::shared_ptr<net::output_ledger> ledger)
    : ledger_(std::move(ledger)) {}

  waiting_events(waiting_events&& other) noexcept
    : ledger_(std::move(other.ledger_)), events_(std::move(other.events_)),
      bytes_(std::exchange(other.bytes_, 0)) {
    other.events_.clear();
  }

  waiting_events& operator=(waiting_events&&) = delete;

  ~waiting_events() {
    clear();
  }

  void push(event_ptr x) {
    auto size = footprint(*x);
    bytes_ += size;
    if (ledger_ && x->readers.enter())
      ledger_->add_shared(size);
    events_.push_back(std::move(x));
  }

  [[nodiscard]] bool empty() const noexcept {
    return events_.empty();
  }

  [[nodiscard]] std::size_t size() const noexcept {
    return events_.size();
  }

  [[nodiscard]] std::size_t bytes() const noexcept {
    return bytes_;
  }

  [[nodiscard]] const event_ptr& front() const {
    return events_.front();
  }

  void pop() {
    release(*events_.front());
    events_.pop_front();
  }

  void clear() {
    while (!empty())
      pop();
  }

  /// Drops all events for which `is_unwanted(event)` is true, and returns their
  /// number.
  template <class Predicate>
  std::size_t drop_if(Predicate is_unwanted) {
    return std::erase_if(events_, [&](const event_ptr& x) {
      if (!is_unwanted(*x))
        return false;
      release(*x);
      return true;
    });
  }

private:
  void release(const event& x) {
    auto size = footprint(x);
    bytes_ -= size;
    if (ledger_ && x.readers.leave())
      ledger_->remove_shared(size);
  }

  std::shared_ptr<net::output_ledger> ledger_;
  std::deque<event_ptr> events_;
  std::size_t bytes_ = 0;
};

} // namespace bridgekeeper::api
