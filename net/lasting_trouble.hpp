#pragma once

#include "net/deadline_queue.hpp"

#include <chrono>
#include <cstddef>
#include <optional>
#include <utility>

namespace bridgekeeper::net {

/// A lasting problem, such as a lack of descriptors, affects every connection.
/// This class makes a log report it once when it begins and once when it has
/// ended. It has ended when it has not occurred for a while, so that a problem
/// that comes and goes many times a second counts as one. Reads no clock;
/// callers pass the time.
class lasting_trouble {
public:
  explicit lasting_trouble(duration quiet = std::chrono::seconds{5})
    : quiet_(quiet) {}

  /// The problem occurred. Returns true if its beginning should be reported.
  [[nodiscard]] bool shows(time_point now) {
    last_ = now;
    return ++count_ == 1;
  }

  /// The problem did not occur. Returns how often it had occurred if its end
  /// should be reported; otherwise nothing.
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
