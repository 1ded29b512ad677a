#pragma once

#include "domain/time_point.hpp"

#include <chrono>
#include <cstddef>
#include <optional>
#include <vector>

namespace bridgekeeper::store {

/// Detects a disk that synchronizes slowly. Writer thread.
class commit_times {
public:
  using milliseconds = std::chrono::milliseconds;

  static constexpr milliseconds limit{100};

  /// A synchronized commit ended at `now`. Once a minute, returns the 99th
  /// percentile of the minute if it is over the limit.
  [[nodiscard]] std::optional<milliseconds>
  add(std::chrono::steady_clock::duration took, time_point now);

private:
  static constexpr std::size_t most = 100'000;

  time_point minute_{};
  std::vector<milliseconds> times_;
};

} // namespace bridgekeeper::store
