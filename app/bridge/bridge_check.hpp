#pragma once

#include "app/bridge/bridge_client.hpp"
#include "app/client/exit_code.hpp"

#include <iosfwd>
#include <optional>
#include <string>

namespace bridgekeeper::app {

/// Advice if the command mentions an agent, but its output is read as plain
/// text; otherwise empty.
[[nodiscard]] std::string agent_hint(const task_options& tasks);

/// The program of the command, if it does not exist.
[[nodiscard]] std::optional<std::string>
missing_program(const bridge_options& options);

/// Tries what a bridge with these options needs, and prints the findings: the
/// daemon's address and the token, the command, the directories, and what a
/// task would see. Registers nothing and starts no task; may wait for the
/// daemon. Returns `ok` if tasks could run, otherwise the code of the first
/// problem.
[[nodiscard]] exit_code check_bridge(const bridge_options& options,
                                     std::ostream& out);

} // namespace bridgekeeper::app
