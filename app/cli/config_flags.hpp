#pragma once

#include "app/config/load_config.hpp"

#include <functional>

namespace CLI {
class App;
}

namespace bridgekeeper::app {

/// Gives `app` the flag of every option that has one, and `--config`. Parsing
/// fills `out.flags` and `out.file` with plain text; `load_config` checks it.
/// `out` must outlive the parsing.
void add_config_flags(CLI::App& app, config_sources& out);

/// Adds a subcommand that takes these flags. When it is used, the configuration
/// is loaded, and `run` gets the result and its sources.
void add_config_command(
    CLI::App& app, const char* name, const char* description,
    const char* footer,
    std::function<void(load_outcome, const config_sources&)> run);

} // namespace bridgekeeper::app
