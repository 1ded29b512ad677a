#pragma once

#include <string>
#include <string_view>

namespace bridgekeeper::app {

/// Makes an agent id (contract section 2) of a host's name: what an id cannot
/// have becomes a hyphen; `agent` where nothing is left.
[[nodiscard]] std::string agent_id_from(std::string_view hostname);

/// This host's name; empty where it has none.
[[nodiscard]] std::string host_name();

} // namespace bridgekeeper::app
