#pragma once

#include "domain/timestamp.hpp"

#include <chrono>
#include <mutex>
#include <optional>

namespace bridgekeeper {

/// A wall clock that never runs backwards. If the system clock is set back,
/// this clock continues at the rate of the steady clock, ahead of the system
/// clock by an offset, until the system clock has caught up. Otherwise an
/// expired token would become valid again, and event timestamps would stop
/// advancing until the system clock had passed the last one. Steps back are
/// told from ordinary slewing by their size. Callers pass the time of both
/// clocks. Thread-safe.
class forward_clock {
public:
  using steady = std::chrono::steady_clock::time_point;

  /// The time to use when the system clock reads `system`.
  [[nodiscard]] timestamp now(timestamp system, steady at);

  /// How far this clock is ahead of the system clock; 0 unless the system clock
  /// was set back.
  [[nodiscard]] std::chrono::microseconds offset() const;

private:
  mutable std::mutex mutex_;
  std::optional<timestamp> last_;
  /// When both clocks last agreed: the reference for the offset.
  timestamp anchor_{};
  steady anchor_steady_{};
  std::chrono::microseconds offset_{0};
};

} // namespace bridgekeeper
