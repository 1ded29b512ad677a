#pragma once

#include <array>
#include <chrono>
#include <optional>

namespace bridgekeeper {

/// How often bridges have registered under an id while another one was
/// connected under it. Once or twice is a bridge that was started again; more
/// in a short time are two bridges that evict each other for ever (contract
/// section 6, number 15). Knows no clock.
class rivalry {
public:
  using time_point = std::chrono::steady_clock::time_point;

  static constexpr std::chrono::seconds window{30};

  /// Another one registers. Whether it is at least the third within the
  /// window.
  bool note(time_point now) {
    auto is_third = times_[0] && now - *times_[0] <= window;
    times_ = {times_[1], now};
    return is_third;
  }

  /// Whether it is time to tell people that a bridge was turned away: once in a
  /// window.
  bool is_news(time_point now) {
    if (told_ && now - *told_ < window)
      return false;
    told_ = now;
    return true;
  }

private:
  /// The last two, older first.
  std::array<std::optional<time_point>, 2> times_;
  std::optional<time_point> told_;
};

} // namespace bridgekeeper
