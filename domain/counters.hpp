#pragma once

#include <atomic>
#include <cstdint>

namespace bridgekeeper {

/// A counter that one thread increments and any thread reads.
class counter {
public:
  void operator++() noexcept {
    *this += 1;
  }

  void operator+=(std::uint64_t x) noexcept {
    // Only one thread writes, so no atomic read-modify-write is needed.
    value_.store(value_.load(std::memory_order_relaxed) + x,
                 std::memory_order_relaxed);
  }

  [[nodiscard]] std::uint64_t value() const noexcept {
    return value_.load(std::memory_order_relaxed);
  }

private:
  std::atomic<std::uint64_t> value_{0};
};

/// Events on one I/O thread since it started.
struct counters {
  counter registrations;
  counter refused_registrations;
  counter heartbeats;
  counter dispatches;
  counter responses;
  counter progress_reports;
  counter failed_dispatches;
  /// Dispatches that began to wait, once for each wait, and those that no
  /// longer wait: because they were sent, or have ended.
  counter waits_begun;
  counter waits_ended;
  counter retries;
  counter invalid_frames;
  counter forged_results;
  counter unknown_results;
  counter evictions;
  counter overflows;
  counter silent_clients;
  /// Readers closed because they read nothing for too long.
  counter stalled_readers;
  /// Readers closed to free memory, because they had the most unsent data.
  counter indebted_readers;
  counter http_requests;
  /// Authorized read-only requests, which are not audited.
  counter polls;
  counter control_requests;
};

} // namespace bridgekeeper
