#pragma once

#include "app/config/config.hpp"
#include "app/files/installation.hpp"

#include <optional>
#include <string>
#include <sys/types.h>
#include <vector>

namespace bridgekeeper::app {

/// The safety problems of a daemon that is about to start. Each is a sentence
/// that says what to do. No sentence repeats a token.
struct safety_findings {
  /// Reasons not to start: other users could replace tokens, keys or settings.
  std::vector<std::string> refusals;
  /// Problems that are only logged.
  std::vector<std::string> warnings;
};

/// Checks the owner and mode of the data directory and of every file that
/// `values` name, the strength of plain tokens, the user and the addresses.
/// `config_file` is the configuration file, if there is one; `user` is the user
/// that the daemon runs as. Files that do not exist are safe. Reads the plain
/// token file. Root must not use the directory of `service_user`, as whom
/// systemd would run the daemon. Main thread.
[[nodiscard]] safety_findings review_safety(
    const config& values, const std::optional<std::string>& config_file,
    uid_t user,
    std::optional<uid_t> service_user = installation{}.service_user());

} // namespace bridgekeeper::app
