#pragma once

#include "app/adapters/agent_adapter.hpp"

#include <string>

namespace bridgekeeper::app {

/// aider: `aider --message-file … --no-pretty --no-stream`. It prints text
/// only; all of it is the answer. Its exit status is 0 even if the model could
/// not be reached, so an error after which no tokens were counted is a failure.
class aider_adapter final : public agent_adapter {
public:
  [[nodiscard]] bool reads_documents() const noexcept override {
    return false;
  }

  void on_document(const nlohmann::json& /*x*/,
                   progress_lines& /*out*/) override {}

  void on_text(std::string_view line) override;
  void on_end(const task_end& end, std::string_view errors) override;

private:
  void note_usage();

  std::string last_error_;
  double sent_ = 0;
  double received_ = 0;
  double cache_written_ = 0;
  double cache_hit_ = 0;
  double cost_ = -1;
};

} // namespace bridgekeeper::app
