#pragma once

#include "domain/ids.hpp"
#include "domain/messages.hpp"
#include "domain/timestamp.hpp"

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace bridgekeeper {

/// Written by the agent's actor, unless a member says otherwise; any thread may
/// read it at any time.
struct agent_vitals {
  /// Microseconds since the epoch.
  std::atomic<std::int64_t> last_heartbeat_us{0};
  /// The dispatches that the agent has and that wait for it. The registry adds
  /// those that it sends to the agent.
  std::atomic<std::size_t> load{0};
  /// The bridge has said that it takes nothing new.
  std::atomic<bool> is_bridge_draining{false};
  /// An operator wants the agent to be sent nothing new. Written by the
  /// registry, before it grants the agent's registration.
  std::atomic<bool> is_cordoned{false};
};

/// Whether the agent is sent further dispatches.
[[nodiscard]] inline bool takes_work(const agent_vitals& x) noexcept {
  return !x.is_bridge_draining.load(std::memory_order_relaxed)
         && !x.is_cordoned.load(std::memory_order_relaxed);
}

/// What a bridge announced when it registered.
struct announcement {
  agent_id agent;
  shared_session session;
  /// The address that the bridge connected from.
  std::string ip;
  std::vector<std::string> capabilities;
  std::optional<std::string> workdir;
  json_object metadata;
  timestamp connected_at{};
  std::shared_ptr<agent_vitals> vitals;
  /// Empty unless the bridge speaks protocol 1.1.
  instance_id instance = {};
  /// How many dispatches the bridge is sent at a time.
  std::size_t slots = 1;
  agent_labels labels = {};
};

using announcement_ptr = std::shared_ptr<const announcement>;

/// Approximate memory use in bytes, for enforcing bounds.
[[nodiscard]] std::size_t footprint(const announcement& x) noexcept;

} // namespace bridgekeeper
