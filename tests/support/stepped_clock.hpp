#pragma once

#include <chrono>
#include <functional>

namespace bridgekeeper::test {

/// A clock that stands still until the test moves it. Must outlive whoever it
/// was given to.
class stepped_clock {
public:
  using time_point = std::chrono::steady_clock::time_point;
  using duration = std::chrono::steady_clock::duration;

  [[nodiscard]] time_point now() const noexcept {
    return now_;
  }

  void advance(duration step) noexcept {
    now_ += step;
  }

  /// The clock as whoever needs one takes it.
  [[nodiscard]] std::function<time_point()> function() const {
    return [this] { return now_; };
  }

private:
  time_point now_{std::chrono::hours{1}};
};

} // namespace bridgekeeper::test
