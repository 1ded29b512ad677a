#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>

namespace bridgekeeper::bench {

/// What a process has used so far.
struct process_usage {
  /// User and system time of all its threads, to the nanosecond, and of all
  /// processes that it has started, directly or not. Processes that have ended
  /// count in ticks, usually of 10 ms.
  std::chrono::nanoseconds cpu{};
  /// Resident memory, without other processes.
  std::size_t rss_bytes = 0;
};

/// Throws `std::runtime_error` where there is no such process. Of process 0,
/// nothing is known and nothing is asked.
[[nodiscard]] process_usage usage_of(std::uint64_t pid);

/// CPU time of this process.
[[nodiscard]] std::chrono::nanoseconds own_cpu();

} // namespace bridgekeeper::bench
