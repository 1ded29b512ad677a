#pragma once

#include "app/config/config.hpp"

#include <optional>
#include <string>
#include <sys/types.h>
#include <vector>

namespace bridgekeeper::app {

/// What is unsafe about how a daemon is about to start; a sentence each, which
/// says what to do. None repeats a token.
struct safety_findings {
  /// The daemon does not start: other users could put tokens, keys or settings
  /// of their own in place of ours.
  std::vector<std::string> refusals;
  /// It starts, and the log says so.
  std::vector<std::string> warnings;
};

/// Looks at the owner and mode of the data directory and of every file with
/// secrets that `values` name, at the strength of plain tokens, at the user and
/// at the addresses. `config_file` is the file of settings, if there is one;
/// `user` is the one that the daemon runs as. What does not exist is safe.
/// Reads the plain token file. Main thread.
[[nodiscard]] safety_findings
review_safety(const config& values,
              const std::optional<std::string>& config_file, uid_t user);

} // namespace bridgekeeper::app
