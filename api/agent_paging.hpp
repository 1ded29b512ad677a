#pragma once

#include "actors/payloads.hpp"
#include "protocol/violation.hpp"

#include <optional>
#include <string_view>
#include <vector>

namespace bridgekeeper::api {

/// The part of the list of agents that `limit`, `after` and `status` of the
/// request's target ask for; nothing where it has none of them. What is wrong
/// with them is added to `wrong`.
[[nodiscard]] std::optional<agent_query>
parse_agent_query(std::string_view target,
                  std::vector<protocol::violation>& wrong);

} // namespace bridgekeeper::api
