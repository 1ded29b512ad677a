#pragma once

#include "app/files/environment.hpp"

#include <string>

namespace bridgekeeper::app {

/// The directory that a daemon uses if none is configured, and in which
/// commands look for a daemon. The first of:
///
/// 1. STATE_DIRECTORY, which systemd sets for a unit with StateDirectory=;
/// 2. ./var, if this user owns that directory and the working directory is not
///    /, whose var belongs to the system;
/// 3. bridgekeeper in XDG_STATE_HOME or, without that, in ~/.local/state (XDG
///    Base Directory Specification).
[[nodiscard]] std::string default_data_dir(const environment_map& variables);

/// The same for this process's environment and working directory.
[[nodiscard]] std::string default_data_dir();

} // namespace bridgekeeper::app
