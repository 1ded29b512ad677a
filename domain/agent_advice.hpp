#pragma once

#include "domain/explaining_agents.hpp"

#include <string>
#include <vector>

namespace bridgekeeper {

/// Whether a refusal of the past, and what it advises, still holds: its limit
/// is still reached, its cause has not ended. False where that cannot be told.
[[nodiscard]] bool still_holds(const decision& refusal, const agent_case& x);

/// What to do about the agent now, the most urgent first: what the steps of the
/// present advise, and those of the past that still hold.
[[nodiscard]] std::vector<std::string>
present_advice(const agent_case& x, const std::vector<decision>& past,
               const std::vector<decision>& present);

} // namespace bridgekeeper
