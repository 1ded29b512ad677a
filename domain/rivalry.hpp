#pragma once

#include <array>
#include <chrono>
#include <optional>

namespace bridgekeeper {

/// How often bridges have registered under an id while another bridge was
/// connected under it. Once or twice indicates a bridge that was restarted;
/// more often within a short time indicates two bridges that would replace each
/// other forever (contract section 6, number 15). Reads no clock; callers pass
/// the time.
class rivalry {
public:
  using time_point = std::chrono::steady_clock::time_point;

  static constexpr std::chrono::seconds window{30};

  /// Records a rival registration. Returns true if it is at least the third
  /// within the window.
  bool note(time_point now) {
    auto is_third = times_[0] && now - *times_[0] <= window;
    times_ = {times_[1], now};
    return is_third;
  }

  /// Whether to report that a bridge was rejected: once per window.
  bool is_news(time_point now) {
    if (told_ && now - *told_ < window)
      return false;
    told_ = now;
    return true;
  }

private:
  /// The last two registrations, older first.
  std::array<std::optional<time_point>, 2> times_;
  std::optional<time_point> told_;
};

} // namespace bridgekeeper
