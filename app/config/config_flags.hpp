#pragma once

#include "app/config/load_config.hpp"

namespace CLI {
class App;
}

namespace bridgekeeper::app {

/// Gives `app` the flag of every option that has one, and `--config`. Parsing
/// fills `out.flags` and `out.file` with plain text; `load_config` checks it.
/// `out` must outlive the parsing.
void add_config_flags(CLI::App& app, config_sources& out);

} // namespace bridgekeeper::app
