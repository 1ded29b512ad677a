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
  /// Of these bytes, those of progress reports: a talkative agent sends many,
  /// and each says less than a result does.
  std::size_t progress_bytes = 0;
};

struct tail_bounds {
  /// What may wait for a terminal that keeps showing what it gets. A burst is
  /// not the terminal's fault, so this is large; events are shared with the
  /// hub's history, and cost little more while that has them.
  tail_bound prompt{10'000, std::size_t{64} * 1024 * 1024,
                    std::size_t{2} * 1024 * 1024};
  /// What may wait for a terminal that has stopped.
  tail_bound stopped{1000, std::size_t{768} * 1024, std::size_t{384} * 1024};
  /// What is taken at once; at least one event.
  std::size_t take_bytes = std::size_t{256} * 1024;
};

/// Events of a live tail that wait until the operator's terminal has shown
/// those before them. When there is no room, events are left out until all that
/// waits is taken, and a line at its end says how many: what is missing is
/// missing in one place, and the operator sees where. One event always has
/// room, however large it is. Knows no actor and no clock.
class tail_backlog {
public:
  tail_backlog() = default;

  explicit tail_backlog(tail_bounds bounds) : bounds_(bounds) {}

  /// Adds an event, or counts it as left out. If the terminal has stopped, what
  /// waits is cut to the smaller bound, newest first.
  void add(event_ptr x, bool terminal_has_stopped = false);

  [[nodiscard]] bool empty() const noexcept {
    return events_.empty() && left_out_ == 0;
  }

  /// The oldest that wait, as whole lines; `render(event)` makes a line without
  /// its end.
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

  /// The line that says how many were left out, if any were.
  [[nodiscard]] std::string take_gap();

  tail_bounds bounds_;
  std::deque<event_ptr> events_;
  std::size_t bytes_ = 0;
  std::size_t progress_bytes_ = 0;
  std::size_t left_out_ = 0;
};

} // namespace bridgekeeper::console
