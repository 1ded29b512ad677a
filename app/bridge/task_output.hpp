#pragma once

#include "app/bridge/byte_tail.hpp"
#include "app/bridge/line_splitter.hpp"
#include "domain/messages.hpp"

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace bridgekeeper::app {

/// How a task's command ended.
struct task_end {
  /// The exit status, if the command exited.
  int status = 0;
  /// The signal that ended the command; 0 if none did.
  int signal = 0;
  /// Set if the task failed regardless of the exit status: the command could
  /// not be started, or it exceeded its time limit.
  std::optional<std::string> problem = {};
};

/// The report of a bridge on a task that has ended.
struct task_report {
  /// Progress lines that were held back because they looked like a JSON report.
  std::vector<std::string> held_lines;
  std::string content;
  json_object usage;
  std::optional<std::string> error;
};

/// Turns the output of a command into progress and a report. If the output is
/// one JSON object with a `result`, as printed by `claude --print
/// --output-format json`, the report consists of that result, its usage and its
/// cost. Otherwise the report contains the whole output.
class task_output {
public:
  static constexpr std::size_t max_content = std::size_t{900} * 1024;
  static constexpr std::size_t max_errors = std::size_t{64} * 1024;

  /// Returns the progress lines that these bytes complete, without blank lines.
  /// A first line that may be the JSON object is held back until more output
  /// arrives or the command ends.
  [[nodiscard]] std::vector<std::string> on_stdout(std::string_view bytes);

  void on_stderr(std::string_view bytes) {
    errors_.append(bytes);
  }

  /// Makes the report. Called after the command has ended and all of its output
  /// has been passed to this object.
  [[nodiscard]] task_report finish(const task_end& end);

private:
  byte_tail content_{max_content};
  byte_tail errors_{max_errors};
  line_splitter lines_;
  bool first_line_seen_ = false;
  std::optional<std::string> held_;
};

} // namespace bridgekeeper::app
