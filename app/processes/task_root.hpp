#pragma once

#include "app/processes/start_request.hpp"

#include <array>
#include <cstdint>
#include <sys/types.h>

namespace bridgekeeper::app {

/// What could not be done when a task was started.
enum class start_stage : std::uint64_t {
  /// Creating a process, or handing over the pipes.
  process,
  /// Changing to the working directory.
  workdir,
  /// Executing /bin/sh.
  shell,
  /// Reaching the supervisor, which starts tasks.
  supervisor,
};

struct start_outcome {
  /// The root of the task; -1 if it was not started.
  pid_t pid = -1;
  start_stage stage{};
  /// An `errno` value; 0 if the task was started.
  int error = 0;
};

/// Runs `/bin/sh -c` as the leader of a session of its own, thus without a
/// controlling terminal: a program that opens /dev/tty gets an error instead of
/// waiting for an answer. The process has default signal handling, except that
/// it may ignore SIGHUP, and no descriptors except `standard` (its standard
/// input, output and error). It writes "0" to `cgroup_entrance` first, unless
/// that is negative. Forks, so the calling process must be small, and may not
/// have other threads. Waits until the shell has been executed.
[[nodiscard]] start_outcome start_root(const start_request& request,
                                       const std::array<int, 3>& standard,
                                       int cgroup_entrance);

} // namespace bridgekeeper::app
