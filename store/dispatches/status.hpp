#pragma once

#include "domain/doubling_histogram.hpp"
#include "store/dispatches/fault.hpp"

#include <atomic>
#include <cstddef>
#include <cstdint>

namespace bridgekeeper::store {

/// From 50 µs to 13 s.
using commit_histogram = doubling_histogram<50'000, 19>;

/// From 1 to 512, the most that a batch has.
using batch_histogram = doubling_histogram<1, 10>;

/// How the store is, for readiness checks and for backpressure. Written by the
/// store's threads, read by any.
struct status {
  /// Why the store cannot write; `none` if it can.
  std::atomic<fault> trouble{fault::none};
  /// A reader has found damage. The writer then stops, too.
  std::atomic<bool> is_damaged{false};
  /// The last daemon did not end cleanly, and the whole file has not been
  /// checked since.
  std::atomic<bool> is_check_due{false};
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
  /// How long commits took that waited for the disk, and those that did not,
  /// from the first operation on.
  commit_histogram synced_times;
  commit_histogram unsynced_times;
  /// The number of operations of each committed batch.
  batch_histogram batches;
};

} // namespace bridgekeeper::store
