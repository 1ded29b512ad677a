#pragma once

#include "app/adapters/agent_adapter.hpp"

#include <string>

namespace bridgekeeper::app {

/// Codex: `codex exec --json`. The answer is the last message of the agent. Its
/// token counts are those of the whole thread.
class codex_adapter final : public agent_adapter {
public:
  void on_document(const nlohmann::json& x, progress_lines& out) override;
  void on_end(const task_end& end, std::string_view errors) override;

private:
  void on_item(const nlohmann::json& item, std::string_view event,
               progress_lines& out);
  void on_command(const nlohmann::json& item, std::string_view event,
                  progress_lines& out);
  void on_turn_failed(std::string why);
  void note_usage(const nlohmann::json& usage);

  /// The last `error` event. Most of them are followed by another attempt.
  std::string last_error_;
};

} // namespace bridgekeeper::app
