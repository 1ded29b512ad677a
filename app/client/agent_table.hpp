#pragma once

#include "app/client/control_messages.hpp"
#include "domain/timestamp.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace bridgekeeper::app {

/// Formats a duration in its two largest units: `42s`, `3m 12s`, `5h 2m`,
/// `3d 4h`.
[[nodiscard]] std::string format_age(std::chrono::seconds age);

/// The current task of each agent, by agent id.
using agent_tasks = std::unordered_map<std::string, task_answer>;

/// Formats a JSON list of AgentViews (contract section 3) as a table. Ages are
/// relative to `now`. There are columns for slots and labels only if an agent
/// has several slots, or labels. The result is safe to print on a terminal.
[[nodiscard]] std::string agent_table(std::string_view agents, timestamp now,
                                      const agent_tasks& tasks = {});

/// The ids of the connected agents in a JSON list of AgentViews.
[[nodiscard]] std::vector<std::string>
connected_agents(std::string_view agents);

} // namespace bridgekeeper::app
