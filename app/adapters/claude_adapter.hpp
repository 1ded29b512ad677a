#pragma once

#include "app/adapters/agent_adapter.hpp"
#include "app/adapters/usage_sum.hpp"

#include <set>
#include <string>

namespace bridgekeeper::app {

/// Whether `x` is the object with which Claude Code ends its output: it says so
/// in `type`, or has other members that only Claude's results have.
[[nodiscard]] bool is_claude_result(const nlohmann::json& x);

/// Claude Code: `claude --print --output-format stream-json --verbose`, or
/// `json`. Each turn ends in a `result`: of several, the last successful one is
/// the answer, and their usages and turns are summed. An error after a success
/// does not change the outcome.
class claude_adapter final : public agent_adapter {
public:
  void on_document(const nlohmann::json& x, progress_lines& out) override;
  void on_end(const task_end& end, std::string_view errors) override;

private:
  void on_message(const nlohmann::json& x, progress_lines& out);
  void on_assistant(const nlohmann::json& x, progress_lines& out);
  void on_system(const nlohmann::json& x, progress_lines& out);
  void on_background_task(const nlohmann::json& x, std::string_view subtype);
  void on_rate_limit(const nlohmann::json& x, progress_lines& out);
  void on_result(const nlohmann::json& x);
  void on_failure(const nlohmann::json& x, std::string text);
  void resume_work();
  void update_end();
  void note_usage(const nlohmann::json& x);

  [[nodiscard]] std::optional<failure_class>
  class_of(const nlohmann::json& x, std::string_view text) const;

  /// The last text of the main agent, not of its subagents.
  std::string last_text_;
  /// The name of the error in the last message of the main agent.
  std::string last_error_;
  bool is_rate_limited_ = false;
  std::optional<timestamp> resets_at_;
  usage_sum usage_;
  /// Whether a result has been reported, and no turn has begun since then.
  bool turn_has_ended_ = false;
  /// Background tasks: the agent waits for them, and may answer again.
  std::set<std::string> background_;
};

} // namespace bridgekeeper::app
