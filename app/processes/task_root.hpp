#pragma once

#include "app/processes/owned_fd.hpp"
#include "app/processes/start_request.hpp"

#include <array>
#include <chrono>
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
  /// Executing the shell within `start_time_limit`.
  time_limit,
};

/// How long a root may take to execute the shell.
inline constexpr auto start_time_limit = std::chrono::seconds{30};

struct start_outcome {
  start_stage stage{};
  /// An `errno` value; 0 if the shell was executed.
  int error = 0;
};

/// A root that has been forked.
struct begun_root {
  /// -1, with `errno` set, if there is no process.
  pid_t pid = -1;
  /// Becomes readable when the shell has been executed, or cannot be. For
  /// `read_outcome`.
  owned_fd complaints = {};
};

/// Runs `/bin/sh -c` as the leader of a session of its own, thus without a
/// controlling terminal: a program that opens /dev/tty gets an error instead of
/// waiting for an answer. The process has default signal handling, except that
/// it may ignore SIGHUP, and no descriptors except `standard` (its standard
/// input, output and error). It writes "0" to `cgroup_entrance` first, unless
/// that is negative. Forks, so the calling process must be small, and may not
/// have other threads. Does not wait until the shell has been executed.
[[nodiscard]] begun_root begin_root(const start_request& request,
                                    const std::array<int, 3>& standard,
                                    int cgroup_entrance);

/// Does not block. Call this when `complaints` is readable.
[[nodiscard]] start_outcome read_outcome(int complaints);

} // namespace bridgekeeper::app
