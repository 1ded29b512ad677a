#pragma once

#include "app/config/load_config.hpp"

namespace bridgekeeper::app {

/// Runs the daemon until it is told to stop (SIGTERM, SIGINT) or its core
/// cannot be kept alive. Called once, on the main thread, which it keeps for
/// signals and for watching the token file. `values` came from `sources`, which
/// are read again upon SIGHUP. Returns the process's exit code (see
/// exit_code.hpp); says on standard error what could not be had.
[[nodiscard]] int run_daemon(const config& values,
                             const config_sources& sources);

} // namespace bridgekeeper::app
