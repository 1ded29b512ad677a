#pragma once

#include <atomic>
#include <cstdint>

namespace bridgekeeper::actors {

/// What outlives a core actor that is started again: numbers that must never be
/// given out twice. Owned by the daemon, shared by successive actors.
struct core_memory {
  /// The incarnation granted last.
  std::atomic<std::uint64_t> incarnation{0};
  /// The event sequence number given out last.
  std::atomic<std::uint64_t> sequence{0};
};

} // namespace bridgekeeper::actors
