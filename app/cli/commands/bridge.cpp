#include "app/bridge/bridge_command.hpp"
#include "app/cli/commands.hpp"

#include <CLI/CLI.hpp>

namespace bridgekeeper::app {

void add_bridge(CLI::App& app, command_outcome& out) {
  set_up_bridge(*app.add_subcommand("bridge", bridge_description), out);
}

} // namespace bridgekeeper::app
