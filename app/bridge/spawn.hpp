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
  /// Where it runs; empty for where we are.
  std::string workdir;
  /// Added to our own environment, name and value. Our tokens are taken out:
  /// what a task runs need not know them.
  std::vector<std::pair<std::string, std::string>> environment;
};

/// A process that runs, and our ends of its three pipes, which do not block.
/// The receiver owns all of it.
struct spawned_process {
  pid_t pid = -1;
  int input = -1;
  int output = -1;
  int errors = -1;
};

/// Starts `command` as the leader of a process group of its own, with default
/// signal handling and none of our other descriptors.
[[nodiscard]] spawned_process spawn(const shell_command& command,
                                    std::error_code& ec);

} // namespace bridgekeeper::app
