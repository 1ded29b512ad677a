#pragma once

#include "domain/timestamp.hpp"

#include <chrono>
#include <mutex>
#include <optional>

namespace bridgekeeper {

/// A wall clock that does not run backwards. When the system's clock is set
/// back, this one goes on at the pace of the steady clock, ahead of the
/// system's by an offset, until the system's has caught up: otherwise a token
/// that has expired would be valid again, and the times of events would stand
/// still until the system's clock has passed the last of them. A small step
/// back is told from the usual slewing by its size. Knows no clock itself.
/// Thread-safe.
class forward_clock {
public:
  using steady = std::chrono::steady_clock::time_point;

  /// The time, where the system's clock says `system`.
  [[nodiscard]] timestamp now(timestamp system, steady at);

  /// How far it is ahead of the system's clock; 0 unless that was set back.
  [[nodiscard]] std::chrono::microseconds offset() const;

private:
  mutable std::mutex mutex_;
  std::optional<timestamp> last_;
  /// When both clocks were right last: where the offset is counted from.
  timestamp anchor_{};
  steady anchor_steady_{};
  std::chrono::microseconds offset_{0};
};

} // namespace bridgekeeper
