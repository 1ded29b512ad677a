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

/// What an agent writes and others may read at any time.
struct agent_vitals {
  /// Microseconds since the epoch.
  std::atomic<std::int64_t> last_heartbeat_us{0};
};

/// What a bridge said of itself when it registered.
struct announcement {
  agent_id agent;
  shared_session session;
  /// Where its bridge connected from.
  std::string ip;
  std::vector<std::string> capabilities;
  std::optional<std::string> workdir;
  json_object metadata;
  timestamp connected_at{};
  std::shared_ptr<agent_vitals> vitals;
};

using announcement_ptr = std::shared_ptr<const announcement>;

/// Roughly how much memory it holds on to: for bounds.
[[nodiscard]] std::size_t footprint(const announcement& x) noexcept;

} // namespace bridgekeeper
