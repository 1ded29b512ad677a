#pragma once

#include <chrono>
#include <cstdint>

namespace bridgekeeper::store {

/// What is kept. Unfinished dispatches always are, with their events.
struct retention_limits {
  std::chrono::hours age = std::chrono::days{30};
  std::int64_t rows = 1'000'000;
  /// Of the file; space that removed rows have left does not count.
  std::int64_t bytes = std::int64_t{4} << 30;
  /// Progress reports.
  std::chrono::hours progress_age = std::chrono::days{7};
  /// The texts of tasks, results and progress; 0: as long as the rest.
  std::chrono::hours content_age{0};
};

} // namespace bridgekeeper::store
