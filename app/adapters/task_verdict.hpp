#pragma once

#include "app/adapters/agent_findings.hpp"
#include "app/adapters/agent_kind.hpp"
#include "app/adapters/task_end.hpp"
#include "domain/timestamp.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace bridgekeeper::app {

/// What is known of a task that has ended.
struct task_evidence {
  agent_kind agent;
  const agent_findings& findings;
  const task_end& end;
  /// The ends of standard output and standard error.
  std::string_view output;
  std::string_view errors;
  timestamp now;
};

/// Whether a task has failed, and why.
struct task_verdict {
  std::optional<std::string> error = {};
  std::optional<failure_class> failure = {};
  std::optional<timestamp> retry_at = {};
  /// What was odd about a success.
  std::optional<std::string> warning = {};
};

/// Judges a task. What the bridge itself has decided comes first, then what the
/// agent has said, then the exit status, then the text of its errors. An agent
/// that ends without saying so has failed, even with exit status 0.
[[nodiscard]] task_verdict judge(const task_evidence& x);

} // namespace bridgekeeper::app
