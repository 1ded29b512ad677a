#pragma once

#include "app/adapters/agent_findings.hpp"
#include "app/adapters/agent_kind.hpp"
#include "app/adapters/progress_line.hpp"
#include "app/adapters/session_totals.hpp"
#include "app/adapters/task_verdict.hpp"
#include "domain/messages.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace bridgekeeper::app {

/// The report of a bridge on a task that has ended.
struct task_report {
  /// Progress that was held back until the end.
  progress_lines last_lines = {};
  std::string content = {};
  json_object usage = {};
  std::optional<std::string> error = {};
  response_details details = {};
};

/// What a task has used, from what its agent has reported. `totals` is null if
/// earlier tasks of the session are unknown. `origin` is the session that the
/// agent has continued, perhaps under another id; empty if none. What the
/// daemon would not accept as a usage is left out.
[[nodiscard]] json_object usage_of(const agent_findings& found,
                                   session_totals* totals,
                                   const std::string& origin);

/// The session that a task should have continued.
struct asked_session {
  /// Empty if there is none.
  std::string_view id;
  /// Whether the command told the agent to continue it.
  bool was_passed_on = true;
};

/// The details of a response. `errors` is standard error.
[[nodiscard]] response_details details_of(agent_kind agent,
                                          const agent_findings& found,
                                          const task_verdict& verdict,
                                          const asked_session& asked,
                                          std::string_view errors);

} // namespace bridgekeeper::app
