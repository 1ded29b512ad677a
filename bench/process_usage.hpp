#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>

namespace bridgekeeper::bench {

/// What a process has used so far.
struct process_usage {
  /// User and system time of all its threads, to the nanosecond.
  std::chrono::nanoseconds cpu{};
  /// Resident memory.
  std::size_t rss_bytes = 0;
};

/// Throws `std::runtime_error` where there is no such process. Of process 0,
/// nothing is known and nothing is asked.
[[nodiscard]] process_usage usage_of(std::uint64_t pid);

/// CPU time of this process.
[[nodiscard]] std::chrono::nanoseconds own_cpu();

} // namespace bridgekeeper::bench
