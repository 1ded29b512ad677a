#pragma once

#include "actors/payloads.hpp"
#include "domain/dispatch_log.hpp"
#include "domain/event_streams.hpp"

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

namespace bridgekeeper::actors {

/// What outlives a core actor that is started again. Owned by the supervisor
/// and its successors, shared by successive actors of a kind, which all live on
/// one thread.
struct core_memory {
  /// The incarnation granted last: no number is ever given out twice.
  std::atomic<std::uint64_t> incarnation{0};
  /// The event sequence number given out last.
  std::atomic<std::uint64_t> sequence{0};
  /// The time of the newest event: a successor's are later.
  timestamp last_stamp{};
  /// Whom a registry knew when it ended; its successor lists them as away until
  /// they announce themselves.
  std::vector<agent_view> known_agents;
  /// What an event hub remembered when it ended.
  std::optional<event_streams> streams;
  std::unique_ptr<dispatch_log> dispatches;
};

} // namespace bridgekeeper::actors
