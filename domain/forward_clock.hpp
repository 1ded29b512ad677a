#pragma once

#include "domain/timestamp.hpp"

#include <atomic>
#include <chrono>
#include <mutex>
#include <optional>

namespace bridgekeeper {

/// A wall clock that never runs backwards. If the system clock is set back,
/// this clock continues at the rate of the steady clock, ahead of the system
/// clock by an offset, until the system clock has caught up. Otherwise an
/// expired token would become valid again, and event timestamps would stop
/// advancing until the system clock had passed the last one. Steps back are
/// told from ordinary slewing by their size. Callers pass the clocks' times.
/// Thread-safe.
class forward_clock {
public:
  using steady = std::chrono::steady_clock::time_point;

  /// The time to use when the system clock reads `system`.
  [[nodiscard]] timestamp now(timestamp system, steady at);

  /// The same without a lock and a look at the steady clock; nothing if these
  /// are needed: if the system clock is behind the last time, and every few
  /// milliseconds, so that the reference does not grow old.
  [[nodiscard]] std::optional<timestamp> now(timestamp system) noexcept;

  /// How far this clock is ahead of the system clock; 0 unless the system clock
  /// was set back.
  [[nodiscard]] std::chrono::microseconds offset() const;

private:
  /// Returns `x`, or the last time if another thread was told a later one.
  timestamp advance(timestamp x) noexcept;

  std::atomic<timestamp> last_{timestamp::min()};
  /// The system clock needs no comparison with the steady one before this time.
  std::atomic<timestamp> unchecked_until_{timestamp::min()};
  mutable std::mutex mutex_;
  /// When both clocks last agreed: the reference for the offset.
  timestamp anchor_{};
  steady anchor_steady_{};
  std::chrono::microseconds offset_{0};
};

} // namespace bridgekeeper
