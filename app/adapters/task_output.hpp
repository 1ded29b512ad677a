#pragma once

#include "app/adapters/agent_adapter.hpp"
#include "app/adapters/byte_tail.hpp"
#include "app/adapters/document_reader.hpp"
#include "app/adapters/plain_progress.hpp"
#include "app/adapters/task_end.hpp"
#include "app/adapters/task_report.hpp"
#include "domain/timestamp.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace bridgekeeper::app {

/// What happens to the lines that a command prints on standard error. The end
/// of standard error is kept for the error of a failed task in any case.
enum class stderr_use : std::uint8_t {
  /// The lines are progress; their metadata has `"stream":"stderr"`.
  progress,
  /// The caller writes them to its log.
  log,
  drop,
};

struct task_output_options {
  agent_kind agent = agent_kind::command;
  stderr_use errors = stderr_use::drop;
  /// The session that the task should continue; empty for a new one.
  std::string session = {};
  /// What earlier tasks of the same bridge have used; may be null.
  std::shared_ptr<session_totals> totals = {};
  /// Whether the command tells the agent to continue `session`, see
  /// `agent_command`.
  bool continues_session = true;
};

/// Turns the output of one task's command into progress and a report. One
/// thread.
///
/// An agent's own messages are read by its adapter. If none are found, and for
/// `agent_kind::command`, lines are progress, and the whole output is the
/// answer; then a single JSON object that Claude Code has printed is still
/// understood.
class task_output {
public:
  /// The longest answer in bytes. Of a longer one, the end is reported.
  static constexpr std::size_t max_content = agent_findings::max_answer;
  static constexpr std::size_t max_errors = std::size_t{64} * 1024;

  explicit task_output(task_output_options options = {});

  /// Returns the progress that these bytes bring.
  [[nodiscard]] progress_lines on_stdout(std::string_view bytes);

  /// Returns the lines that these bytes complete, for progress or for the log;
  /// none if standard error is dropped.
  [[nodiscard]] progress_lines on_stderr(std::string_view bytes);

  /// Returns lines that have not ended: prompts, and the state of progress
  /// bars. Each is returned once. Called when nothing has been printed for a
  /// moment.
  [[nodiscard]] progress_lines on_quiet();

  /// Whether the agent has said that it is done. Its process should exit within
  /// seconds.
  [[nodiscard]] bool has_ended() const noexcept {
    return adapter_ && adapter_->findings().has_ended;
  }

  /// Makes the report. Called once, after the command has ended and all of its
  /// output has been passed to this object.
  [[nodiscard]] task_report finish(const task_end& end,
                                   timestamp now = wall_clock_now());

private:
  [[nodiscard]] bool reads_documents() const noexcept {
    return adapter_ && adapter_->reads_documents();
  }

  [[nodiscard]] std::string whole_output() const;
  [[nodiscard]] const std::string& continued_session() const noexcept;
  void read_single_report();

  task_output_options options_;
  /// Null for `agent_kind::command`, until a report of Claude's is found.
  std::unique_ptr<agent_adapter> adapter_;
  byte_tail content_{max_content};
  byte_tail errors_{max_errors};
  document_reader documents_;
  /// For a text that a document reader has not seen the end of.
  std::string shown_unfinished_;
  plain_progress lines_;
  plain_progress error_lines_{0, "stderr"};
};

} // namespace bridgekeeper::app
