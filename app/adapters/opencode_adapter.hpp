#pragma once

#include "app/adapters/agent_adapter.hpp"

#include <string>

namespace bridgekeeper::app {

/// opencode: `opencode run --format json`. The answer is the text after the
/// last use of a tool. Most versions have no event for the end: the task has
/// ended when the process exits, and it has failed if an error was the last
/// thing that the agent reported, whatever the exit status.
class opencode_adapter final : public agent_adapter {
public:
  void on_document(const nlohmann::json& x, progress_lines& out) override;
  void on_end(const task_end& end, std::string_view errors) override;

private:
  void on_tool(const nlohmann::json& part, progress_lines& out);
  void on_step_finish(const nlohmann::json& part);
  void on_error(const nlohmann::json& error, progress_lines& out);
  void recover();

  byte_tail answer_{agent_findings::max_answer};
  bool answer_is_over_ = false;
  double cost_ = 0;
  double input_ = 0;
  double output_ = 0;
  double reasoning_ = 0;
  double cache_read_ = 0;
  double cache_written_ = 0;
};

} // namespace bridgekeeper::app
