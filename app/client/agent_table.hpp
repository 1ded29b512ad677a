#pragma once

#include "app/client/control_messages.hpp"
#include "domain/timestamp.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace bridgekeeper::app {

/// A span of time in its two largest units: `42s`, `3m 12s`, `5h 2m`, `3d 4h`.
[[nodiscard]] std::string format_age(std::chrono::seconds age);

/// What each agent is doing, by its id.
using agent_tasks = std::unordered_map<std::string, task_answer>;

/// A table for people of a JSON list of AgentViews (contract section 3), as of
/// `now`. Safe to print on a terminal.
[[nodiscard]] std::string agent_table(std::string_view agents, timestamp now,
                                      const agent_tasks& tasks = {});

/// The ids of those in such a list that are connected.
[[nodiscard]] std::vector<std::string>
connected_agents(std::string_view agents);

} // namespace bridgekeeper::app
