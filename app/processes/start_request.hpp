#pragma once

#include "app/processes/owned_fd.hpp"

#include <optional>
#include <string>
#include <vector>

namespace bridgekeeper::app {

/// What the supervisor must know to start a task, beside the three pipes.
struct start_request {
  /// The command for `/bin/sh -c`.
  std::string command;
  /// The working directory; empty for that of the supervisor.
  std::string workdir;
  /// The value of `task_mark` in the environment of the task; may be empty.
  std::string mark;
  /// Whether the task ignores SIGHUP, because its bridge does.
  bool ignores_hangup = false;
  /// The whole environment, as NAME=VALUE.
  std::vector<std::string> environment;
};

/// Writes a request into a file in memory, because requests may be larger than
/// a packet. Invalid, with `errno` set, if the file cannot be created.
[[nodiscard]] owned_fd write_request(const start_request& x);

/// Reads such a file. Returns nothing if it is damaged.
[[nodiscard]] std::optional<start_request> read_request(const owned_fd& file);

} // namespace bridgekeeper::app
