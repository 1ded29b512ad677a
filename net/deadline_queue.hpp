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

/// Something that happens later unless it is disarmed first: a request that
/// takes too long, a close frame that does not go out. Arming costs no memory
/// and no system call, so it is fit for once a request. Belongs to one I/O
/// thread and is used on that thread alone. Expires late rather than early, by
/// up to `deadline_queue::slack`. May be destroyed at any time, its own expiry
/// included.
class deadline
  : public boost::intrusive::set_base_hook<
        boost::intrusive::link_mode<boost::intrusive::auto_unlink>> {
public:
  deadline(deadline_queue& queue, std::function<void()> on_expiry)
    : queue_(queue), on_expiry_(std::move(on_expiry)) {}

  /// Expires `after` from now; replaces what was armed before.
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

/// The deadlines of one I/O thread, soonest first. Knows no timer and no clock
/// of its own: the I/O thread drives it with a timer, a test by hand.
class deadline_queue {
public:
  /// How much later than asked a deadline may expire.
  static constexpr duration slack = std::chrono::milliseconds{20};

  using clock_function = std::function<time_point()>;

  /// `on_sooner` is told whenever the soonest deadline moves forward in time.
  explicit deadline_queue(clock_function clock = &steady_clock::now,
                          std::function<void(time_point)> on_sooner = {});

  [[nodiscard]] time_point now() const {
    return clock_();
  }

  /// When the next deadline is due, if there is any.
  [[nodiscard]] std::optional<time_point> next() const;

  /// Expires what is due. What is armed meanwhile waits for the next call.
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
