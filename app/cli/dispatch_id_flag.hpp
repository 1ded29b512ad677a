#pragma once

#include <string>

namespace CLI {
class App;
}

namespace bridgekeeper::app {

/// Adds the required argument `name`, the id of a dispatch, to a command. An
/// empty one, usually of a shell variable that is not set, is wrong usage.
void add_dispatch_id(CLI::App& app, const std::string& name, std::string& out);

} // namespace bridgekeeper::app
