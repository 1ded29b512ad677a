#pragma once

#include "app/config/load_config.hpp"

namespace bridgekeeper::app {

/// Runs the daemon until SIGTERM or SIGINT arrives, or until its core actors
/// fail too often. Must be called once, on the main thread, which then handles
/// signals and watches the token files. `values` must have been loaded from
/// `sources`, which are read again on SIGHUP. Returns the exit code of the
/// process (see exit_code.hpp); startup errors go to standard error.
[[nodiscard]] int run_daemon(const config& values,
                             const config_sources& sources);

} // namespace bridgekeeper::app
