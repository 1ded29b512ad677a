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

/// Written by the agent's actor; any thread may read it at any time.
struct agent_vitals {
  /// Microseconds since the epoch.
  std::atomic<std::int64_t> last_heartbeat_us{0};
  /// The dispatches that the agent has and that wait for it. The registry adds
  /// those that it sends to the agent.
  std::atomic<std::size_t> load{0};
  /// False if the agent is sent no further dispatches.
  std::atomic<bool> takes_work{true};
};

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
