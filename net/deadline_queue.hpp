#pragma once

#include "domain/time_point.hpp"

#include <boost/intrusive/set.hpp>

#include <chrono>
#include <functional>
#include <optional>

namespace bridgekeeper::net {

using steady_clock = std::chrono::steady_clock;
using duration = steady_clock::duration;

class deadline_queue;

/// Calls a handler later unless disarmed first, for example when a request
/// takes too long or a close frame cannot be sent. Arming needs neither memory
/// nor a system call, so it is cheap enough to be done for each request.
/// Belongs to one I/O thread and is used only on that thread. Expires late
/// rather than early, by up to `deadline_queue::slack`. May be destroyed at any
/// time, even by its own handler.
class deadline
  : public boost::intrusive::set_base_hook<
        boost::intrusive::link_mode<boost::intrusive::auto_unlink>> {
public:
  deadline(deadline_queue& queue, std::function<void()> on_expiry)
    : queue_(queue), on_expiry_(std::move(on_expiry)) {}

  /// Expires `after` from now; replaces any earlier deadline.
  void arm(duration after);

  void disarm() {
    unlink();
  }

  [[nodiscard]] bool armed() const {
    return is_linked();
  }

  [[nodiscard]] time_point when() const noexcept {
    return when_;
  }

  friend bool operator<(const deadline& x, const deadline& y) noexcept {
    return x.when_ < y.when_;
  }

private:
  friend class deadline_queue;

  deadline_queue& queue_;
  std::function<void()> on_expiry_;
  time_point when_{};
};

/// The deadlines of one I/O thread, soonest first. Has no timer of its own: an
/// I/O thread drives it with a timer, a test drives it by hand.
class deadline_queue {
public:
  /// How much later than requested a deadline may expire.
  static constexpr duration slack = std::chrono::milliseconds{20};

  using clock_function = std::function<time_point()>;

  /// `on_sooner` is called whenever the soonest deadline moves to an earlier
  /// time.
  explicit deadline_queue(clock_function clock = &steady_clock::now,
                          std::function<void(time_point)> on_sooner = {});

  [[nodiscard]] time_point now() const {
    return clock_();
  }

  /// The time of the soonest deadline, if there is one.
  [[nodiscard]] std::optional<time_point> next() const;

  /// Expires all due deadlines. Deadlines armed in the meantime wait for the
  /// next call.
  void run_due();

private:
  friend class deadline;

  using set_type =
      boost::intrusive::multiset<deadline,
                                 boost::intrusive::constant_time_size<false>>;

  void insert(deadline& x);

  clock_function clock_;
  std::function<void(time_point)> on_sooner_;
  set_type deadlines_;
};

} // namespace bridgekeeper::net
