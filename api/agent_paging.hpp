#pragma once

#include "actors/payloads.hpp"
#include "protocol/violation.hpp"

#include <optional>
#include <string_view>
#include <vector>

namespace bridgekeeper::api {

/// Parses the parameters `limit`, `after` and `status` of the request's target,
/// which select a part of the list of agents. Returns nothing if there are
/// none. Adds violations to `wrong`.
[[nodiscard]] std::optional<agent_query>
parse_agent_query(std::string_view target,
                  std::vector<protocol::violation>& wrong);

} // namespace bridgekeeper::api
