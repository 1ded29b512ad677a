#pragma once

#include "domain/announcement.hpp"
#include "domain/ids.hpp"
#include "domain/time_point.hpp"

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace bridgekeeper {

/// What the registry knows about one agent.
struct agent_view {
  agent_id agent;
  std::string name;
  std::string endpoint_url;
  bool connected = false;
  /// An operator wants the agent to be sent nothing new, whether it is
  /// connected or not.
  bool is_cordoned = false;
  incarnation number{};
  /// Null for an agent that has never connected.
  announcement_ptr announced;
  /// When the agent disconnected or, if it has never connected, was enlisted.
  time_point away_since{};
};

/// Approximate memory use in bytes, for enforcing bounds.
[[nodiscard]] std::size_t footprint(const agent_view& x) noexcept;

using agent_list = std::shared_ptr<const std::vector<agent_view>>;

/// Which agents to list.
struct agent_query {
  /// At least 1.
  std::size_t limit = static_cast<std::size_t>(-1);
  /// Start after this agent; unset: start with the first one.
  std::optional<agent_id> after;
  /// List only connected (true) or only disconnected (false) agents.
  std::optional<bool> connected;
};

struct agent_page {
  agent_list agents;
  /// Number of all agents that match the query, on this page and on others.
  std::size_t total = 0;
  /// The last agent of this page, if more agents follow.
  std::optional<agent_id> next;
};

} // namespace bridgekeeper
