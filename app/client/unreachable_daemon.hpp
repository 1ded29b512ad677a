#pragma once

#include "app/files/installation.hpp"

#include <string>

namespace bridgekeeper::app {

/// What to do if the daemon at `server` (`HOST:PORT` or `unix:PATH`) cannot be
/// reached, in sentences. `reason` is the system's error message.
[[nodiscard]] std::string
advice_for_unreachable(const std::string& server, const std::string& reason,
                       const installation& here = installation{});

/// What starts the daemon of the data directory `data_dir`: the service if the
/// directory belongs to another user, who is the service's.
[[nodiscard]] std::string
start_command_for(const std::string& data_dir,
                  const installation& here = installation{});

} // namespace bridgekeeper::app
