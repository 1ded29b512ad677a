#pragma once

#include <string>
#include <sys/types.h>
#include <system_error>
#include <utility>
#include <vector>

namespace bridgekeeper::app {

/// A command for `/bin/sh -c`.
struct shell_command {
  std::string text;
  /// The working directory; empty for the current one.
  std::string workdir;
  /// Names and values to add to the environment of this process. The tokens are
  /// removed from it, because commands do not need them.
  std::vector<std::pair<std::string, std::string>> environment;
};

/// A running process and the non-blocking parent ends of its three pipes. The
/// caller owns the process and the descriptors.
struct spawned_process {
  pid_t pid = -1;
  int input = -1;
  int output = -1;
  int errors = -1;
};

/// Starts `command` as the leader of its own process group, with default signal
/// handling and no inherited descriptors except the three pipes.
[[nodiscard]] spawned_process spawn(const shell_command& command,
                                    std::error_code& ec);

} // namespace bridgekeeper::app
