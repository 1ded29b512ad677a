#pragma once

#include <string>
#include <string_view>

namespace bridgekeeper::app {

/// Turns a host name into an agent id (contract section 2). Runs of characters
/// that are not allowed become a hyphen. Returns `agent` if nothing is left.
[[nodiscard]] std::string agent_id_from(std::string_view hostname);

/// The name of this host; empty if it cannot be determined.
[[nodiscard]] std::string host_name();

} // namespace bridgekeeper::app
