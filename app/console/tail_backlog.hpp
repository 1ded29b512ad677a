#pragma once

#include "app/console/terms.hpp"
#include "domain/event.hpp"

#include <cstddef>
#include <deque>
#include <string>
#include <utility>

namespace bridgekeeper::console {

struct tail_bound {
  std::size_t events = 0;
  std::size_t bytes = 0;
  /// The share of `bytes` for progress reports: an agent may send many, and
  /// they matter less than results.
  std::size_t progress_bytes = 0;
};

struct tail_bounds {
  /// The limit for a terminal that keeps up. It is large because a burst is not
  /// the terminal's fault. Events are shared with the hub's history, so they
  /// cost little as long as the history has them.
  tail_bound prompt{10'000, std::size_t{64} * 1024 * 1024,
                    std::size_t{2} * 1024 * 1024};
  /// The limit for a terminal that has stopped.
  tail_bound stopped{1000, std::size_t{768} * 1024, std::size_t{384} * 1024};
  /// The number of bytes to take at once; at least one event is taken.
  std::size_t take_bytes = std::size_t{256} * 1024;
};

/// The events of a live tail that wait until the operator's terminal has shown
/// the previous ones. When the backlog is full, further events are left out
/// until all waiting events have been taken, and a line after them says how
/// many are missing. All missing events are therefore missing at one place that
/// the operator can see. A single event is always accepted, regardless of its
/// size. Does not use actors or a clock.
class tail_backlog {
public:
  tail_backlog() = default;

  explicit tail_backlog(tail_bounds bounds) : bounds_(bounds) {}

  /// Adds an event or counts it as left out. If the terminal has stopped, the
  /// newest waiting events are removed until the rest fits the smaller limit.
  void add(event_ptr x, bool terminal_has_stopped = false);

  [[nodiscard]] bool empty() const noexcept {
    return events_.empty() && left_out_ == 0;
  }

  /// Takes the oldest waiting events as whole lines. `render(event)` returns a
  /// line without a line feed.
  template <class Render>
  [[nodiscard]] std::string take(Render render) {
    std::string out;
    while (!events_.empty() && out.size() < bounds_.take_bytes) {
      out += render(*events_.front());
      out += '\n';
      leave(*events_.front());
      events_.pop_front();
    }
    return events_.empty() ? out + take_gap() : out;
  }

private:
  [[nodiscard]] bool is_beyond(const tail_bound& x) const noexcept {
    return events_.size() > 1
           && (events_.size() > x.events || bytes_ > x.bytes
               || progress_bytes_ > x.progress_bytes);
  }

  void arrive(const event& x) noexcept;
  void leave(const event& x) noexcept;

  /// Returns the line that says how many events were left out; empty if none
  /// were.
  [[nodiscard]] std::string take_gap();

  tail_bounds bounds_;
  std::deque<event_ptr> events_;
  std::size_t bytes_ = 0;
  std::size_t progress_bytes_ = 0;
  std::size_t left_out_ = 0;
};

} // namespace bridgekeeper::console
