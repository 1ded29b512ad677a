#pragma once

#include "domain/failure_class.hpp"

#include <optional>
#include <string>

namespace bridgekeeper::app {

/// How a task's command ended.
struct task_end {
  /// The exit status, if the command exited.
  int status = 0;
  /// The signal that ended the command; 0 if none did.
  int signal = 0;
  /// Set if the task failed regardless of the exit status: the command could
  /// not be started, or the bridge ended it.
  std::optional<std::string> problem = {};
  /// What kind of problem that is.
  std::optional<failure_class> failure = {};
  /// Set if the bridge ended the command after the agent had said how the task
  /// ended. It does not change the outcome.
  std::optional<std::string> remark = {};

  [[nodiscard]] bool failed() const noexcept {
    return status != 0 || signal != 0;
  }
};

} // namespace bridgekeeper::app
