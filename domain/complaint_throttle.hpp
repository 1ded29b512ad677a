#pragma once

#include "domain/time_point.hpp"

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <utility>

namespace bridgekeeper {

/// Limits how often complaints about a misbehaving peer are logged, so that the
/// peer cannot flood the log. Suppressed complaints are counted and reported
/// with the next one that is logged. Reads no clock; callers pass the time.
class complaint_throttle {
public:
  explicit complaint_throttle(
      time_point::duration interval = std::chrono::seconds{1})
    : interval_(interval) {}

  /// Nothing if this complaint is suppressed; otherwise the number of
  /// complaints suppressed since the last one that was not.
  [[nodiscard]] std::optional<std::size_t> admit(time_point now) {
    if (next_ && now < *next_) {
      ++held_back_;
      return std::nullopt;
    }
    next_ = now + interval_;
    return std::exchange(held_back_, 0);
  }

private:
  time_point::duration interval_;
  std::optional<time_point> next_;
  std::size_t held_back_ = 0;
};

/// Suffix for a complaint: ` (and 4711 more before it)`, or empty if none was
/// suppressed.
[[nodiscard]] inline std::string and_more(std::size_t held_back) {
  if (held_back == 0)
    return {};
  return " (and " + std::to_string(held_back) + " more before it)";
}

} // namespace bridgekeeper
