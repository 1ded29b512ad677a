#pragma once

#include "actors/event_journal.hpp"
#include "domain/agent_view.hpp"

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
  /// The agents that a registry knew when it ended. Its successor lists them as
  /// disconnected until they announce themselves.
  std::vector<agent_view> known_agents;
  /// Created before the first event hub, and shared with the context of the
  /// core actors' thread.
  std::shared_ptr<event_journal> journal;
};

} // namespace bridgekeeper::actors
