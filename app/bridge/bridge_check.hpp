#pragma once

#include "app/bridge/bridge_client.hpp"
#include "app/client/exit_code.hpp"

#include <iosfwd>

namespace bridgekeeper::app {

/// Tries what a bridge with these options needs, and prints the findings: the
/// daemon's address and the token, the command, the directories, and what a
/// task would see. Registers nothing and starts no task; may wait for the
/// daemon. Returns `ok` if tasks could run, otherwise the code of the first
/// problem.
[[nodiscard]] exit_code check_bridge(const bridge_options& options,
                                     std::ostream& out);

} // namespace bridgekeeper::app
