#pragma once

#include "app/adapters/agent_findings.hpp"
#include "app/adapters/agent_kind.hpp"
#include "app/adapters/progress_line.hpp"
#include "app/adapters/task_end.hpp"

#include <nlohmann/json_fwd.hpp>

#include <memory>
#include <string_view>

namespace bridgekeeper::app {

/// Understands the output of one kind of agent. Serves one task, on one thread.
/// All formats grow, so adapters ignore types and members that they do not
/// know.
class agent_adapter {
public:
  agent_adapter() = default;

  agent_adapter(const agent_adapter&) = delete;

  agent_adapter& operator=(const agent_adapter&) = delete;

  virtual ~agent_adapter() = default;

  /// Whether the agent prints JSON documents. Otherwise it prints text only.
  [[nodiscard]] virtual bool reads_documents() const noexcept {
    return true;
  }

  /// Takes the next document from standard output, and appends what a person
  /// should see of it to `out`.
  virtual void on_document(const nlohmann::json& x, progress_lines& out) = 0;

  /// Takes the next line from standard output that is not JSON. The line is
  /// shown as it is.
  virtual void on_text(std::string_view /*line*/) {}

  /// Called after all output, with the end of standard error. Here an adapter
  /// judges exit codes, and output that is complete only now.
  virtual void on_end(const task_end& /*end*/, std::string_view /*errors*/) {}

  [[nodiscard]] const agent_findings& findings() const noexcept {
    return findings_;
  }

protected:
  [[nodiscard]] agent_findings& found() noexcept {
    return findings_;
  }

private:
  agent_findings findings_;
};

/// Makes the adapter for a kind of agent; null for `agent_kind::command`.
[[nodiscard]] std::unique_ptr<agent_adapter> make_adapter(agent_kind kind);

} // namespace bridgekeeper::app
