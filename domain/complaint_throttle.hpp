#pragma once

#include "domain/time_point.hpp"

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <utility>

namespace bridgekeeper {

/// Lets a peer that misbehaves with every frame be complained about once in a
/// while, so that it cannot fill a log. What is held back is counted, and told
/// with the next complaint. Knows no clock.
class complaint_throttle {
public:
  explicit complaint_throttle(
      time_point::duration interval = std::chrono::seconds{1})
    : interval_(interval) {}

  /// Nothing if this complaint is held back; else how many were since the last
  /// that was not.
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

/// Ends a complaint: ` (and 4711 more before it)`, or nothing where none was
/// held back.
[[nodiscard]] inline std::string and_more(std::size_t held_back) {
  if (held_back == 0)
    return {};
  return " (and " + std::to_string(held_back) + " more before it)";
}

} // namespace bridgekeeper
