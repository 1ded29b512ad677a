#pragma once

#include "app/processes/owned_fd.hpp"
#include "app/processes/task_cgroup.hpp"

#include <optional>
#include <sys/types.h>

namespace bridgekeeper::app {

/// What happens to the processes that a task which ended well leaves behind.
enum class leftovers {
  /// They are ended.
  end,
  /// They keep running, even when the bridge ends.
  keep,
};

/// The running task supervisor, as its bridge sees it.
struct supervisor_process {
  pid_t pid = -1;
  /// The bridge's end of the channel. The supervisor ends all tasks and itself
  /// when it is closed.
  owned_fd channel;
};

/// Starts the task supervisor: this program once more, as a small process with
/// a session of its own and no descriptors except the channel. It does not
/// inherit the tokens. May be called at any time, because nothing is forked
/// without exec. Not valid, with `errno` set, on failure.
[[nodiscard]] supervisor_process launch_supervisor(leftovers policy,
                                                   cgroup_use cgroups);

/// If this process was started by `launch_supervisor`, supervises tasks until
/// its bridge closes the channel, and returns the exit code. Otherwise returns
/// nothing. `main` must call this before it does anything else.
[[nodiscard]] std::optional<int> supervise_if_asked(int argc, char** argv);

} // namespace bridgekeeper::app
