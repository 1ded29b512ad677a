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

/// How the registry answers questions about one agent.
struct agent_view {
  agent_id agent;
  std::string name;
  std::string endpoint_url;
  bool connected = false;
  incarnation number{};
  /// Null for an agent that never connected.
  announcement_ptr announced;
  /// When it left or, where it never connected, was enlisted.
  time_point away_since{};
};

/// Roughly how much memory it holds on to: for bounds.
[[nodiscard]] std::size_t footprint(const agent_view& x) noexcept;

using agent_list = std::shared_ptr<const std::vector<agent_view>>;

/// Which agents to list.
struct agent_query {
  /// At least 1.
  std::size_t limit = static_cast<std::size_t>(-1);
  /// The agent after which to begin; nothing: from the first one on.
  std::optional<agent_id> after;
  /// Only those that are, or are not, connected.
  std::optional<bool> connected;
};

/// A part of the list of agents.
struct agent_page {
  agent_list agents;
  /// Of all agents that fit, in this part and in others.
  std::size_t total = 0;
  /// The last of this part, where others follow.
  std::optional<agent_id> next;
};

} // namespace bridgekeeper
