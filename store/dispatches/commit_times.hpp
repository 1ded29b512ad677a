#pragma once

#include "domain/time_point.hpp"

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <vector>

namespace bridgekeeper::store {

/// Detects a disk that synchronizes slowly. Writer thread.
class commit_times {
public:
  using milliseconds = std::chrono::milliseconds;

  static constexpr milliseconds limit{100};

  /// A synchronized commit ended at `now`.
  void add(std::chrono::steady_clock::duration took, time_point now);

  /// Called at least every few seconds. Once a minute, returns the 99th
  /// percentile of the minute that has just ended, 0 if it had no commits.
  [[nodiscard]] std::optional<milliseconds> end_minute(time_point now);

private:
  static constexpr std::size_t most = 100'000;

  std::optional<time_point> minute_;
  std::vector<milliseconds> times_;
};

/// For the log and for `/readyz`; a complete sentence without a full stop.
[[nodiscard]] std::string slow_disk_sentence(commit_times::milliseconds p99);

} // namespace bridgekeeper::store
