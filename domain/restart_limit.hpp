#pragma once

#include <chrono>
#include <cstddef>
#include <deque>

namespace bridgekeeper {

/// Decides whether something that keeps failing may be restarted: at most
/// `most` times within `window`. Reads no clock; callers pass the time.
class restart_limit {
public:
  using time_point = std::chrono::steady_clock::time_point;

  restart_limit(std::size_t most, std::chrono::seconds window)
    : most_(most), window_(window) {}

  /// Counts a restart at `now`. Returns false if there have been too many.
  [[nodiscard]] bool admit(time_point now) {
    while (!restarts_.empty() && now - restarts_.front() > window_)
      restarts_.pop_front();
    restarts_.push_back(now);
    return restarts_.size() <= most_;
  }

private:
  std::size_t most_;
  std::chrono::seconds window_;
  std::deque<time_point> restarts_;
};

} // namespace bridgekeeper
