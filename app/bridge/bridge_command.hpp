#pragma once

#include "app/command_line/command.hpp"

namespace bridgekeeper::app {

/// What a command that runs a bridge does.
inline constexpr const char* bridge_description =
    "Connect an agent: run a command for each task from the daemon.";

/// Makes `command` run a bridge: its flags, its help and its callback.
void set_up_bridge(CLI::App& command, command_outcome& out);

} // namespace bridgekeeper::app
