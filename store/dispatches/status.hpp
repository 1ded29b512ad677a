#pragma once

#include "store/dispatches/fault.hpp"

#include <atomic>
#include <cstddef>
#include <cstdint>

namespace bridgekeeper::store {

/// How the store is, for readiness checks and for backpressure. Written by the
/// store's threads, read by any.
struct status {
  /// Why the store cannot write; `none` if it can.
  std::atomic<fault> trouble{fault::none};
  /// A reader has found damage. The writer then stops, too.
  std::atomic<bool> is_damaged{false};
  /// The memory that operations use which wait for the store to recover.
  std::atomic<std::size_t> parked_bytes{0};
  std::atomic<std::int64_t> wal_pages{0};
  /// How long the slowest commit in a hundred took in the last minute, if the
  /// disk is slow (`commit_times::limit`); otherwise 0.
  std::atomic<std::int64_t> slow_ms{0};
  /// Committed batches and operations since the start.
  std::atomic<std::uint64_t> commits{0};
  /// Those of them that waited for the disk.
  std::atomic<std::uint64_t> synced_commits{0};
  std::atomic<std::uint64_t> operations{0};
};

} // namespace bridgekeeper::store
