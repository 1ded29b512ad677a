#pragma once

#include "actors/payloads.hpp"
#include "domain/event_history.hpp"

#include <atomic>
#include <cstdint>
#include <memory>
#include <vector>

namespace bridgekeeper::actors {

/// State that outlives a core actor when it is restarted. The supervisor and
/// its successors own it; core actors share it with their successors, all of
/// which live on the same thread.
struct core_memory {
  /// The last incarnation granted; no number is ever granted twice.
  std::atomic<std::uint64_t> incarnation{0};
  /// The last event sequence number assigned.
  std::atomic<std::uint64_t> sequence{0};
  /// The time of the newest event; the events of a successor are later.
  timestamp last_stamp{};
  /// The agents that a registry knew when it ended. Its successor lists them as
  /// disconnected until they announce themselves.
  std::vector<agent_view> known_agents;
  /// The history and the dispatch records that an event hub had when it ended.
  std::unique_ptr<event_history> history;
};

} // namespace bridgekeeper::actors
