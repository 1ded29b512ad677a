#pragma once

#include "app/adapters/agent_adapter.hpp"

#include <string>

namespace bridgekeeper::app {

/// Gemini CLI: `gemini --output-format stream-json`, or `json`. The answer
/// consists of all pieces of the assistant's messages. Errors before the start
/// are reported by the exit status only.
class gemini_adapter final : public agent_adapter {
public:
  void on_document(const nlohmann::json& x, progress_lines& out) override;
  void on_end(const task_end& end, std::string_view errors) override;

private:
  bool on_event(const nlohmann::json& x, std::string_view type,
                progress_lines& out);
  void on_message(const nlohmann::json& x, progress_lines& out);
  void on_result(const nlohmann::json& x);
  bool on_whole_answer(const nlohmann::json& x);
  void note_usage(const nlohmann::json& stats);

  /// Shows the pieces of text up to the last line end, or all of them.
  void show_pieces(progress_lines& out, bool all);

  byte_tail answer_{agent_findings::max_answer};
  /// Pieces of a message that have not been shown.
  std::string pieces_;
};

} // namespace bridgekeeper::app
