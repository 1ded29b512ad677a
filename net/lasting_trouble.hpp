#pragma once

#include "net/deadline_queue.hpp"

#include <chrono>
#include <cstddef>
#include <optional>
#include <utility>

namespace bridgekeeper::net {

/// A trouble that lasts, such as too few descriptors, shows with every
/// connection. A log tells of it when it begins and when it is over. It is over
/// when it has not shown for a while, so that a trouble that comes and goes
/// many times a second is one. Knows no clock.
class lasting_trouble {
public:
  explicit lasting_trouble(duration quiet = std::chrono::seconds{5})
    : quiet_(quiet) {}

  /// The trouble shows. True if it is to be told: it begins.
  [[nodiscard]] bool shows(time_point now) {
    last_ = now;
    return ++count_ == 1;
  }

  /// All is well at the moment. How often the trouble has shown, if it is to be
  /// told that it is over; else nothing.
  [[nodiscard]] std::optional<std::size_t> is_over(time_point now) {
    if (count_ == 0 || now - last_ < quiet_)
      return std::nullopt;
    return std::exchange(count_, 0);
  }

private:
  duration quiet_;
  std::size_t count_ = 0;
  time_point last_{};
};

} // namespace bridgekeeper::net
