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
  /// Its exit status, where it exited.
  int status = 0;
  /// The signal that ended it; 0 where none did.
  int signal = 0;
  /// Why the task failed whatever the command did: it never started, or its
  /// time was up.
  std::optional<std::string> problem = {};
};

/// What a bridge says of a task that is over.
struct task_report {
  /// Progress lines that were held back and turned out to be just that.
  std::vector<std::string> held_lines;
  std::string content;
  json_object usage;
  std::optional<std::string> error;
};

/// Makes of what a command writes what its bridge reports. A command that
/// prints one JSON object with a `result`, as `claude --print --output-format
/// json` does, is answered with that result, its usage and its cost; any other
/// with the whole of its output.
class task_output {
public:
  static constexpr std::size_t max_content = std::size_t{900} * 1024;
  static constexpr std::size_t max_errors = std::size_t{64} * 1024;

  /// The progress lines that these bytes complete, blank ones left out. A
  /// first line that may be the JSON object is held back until it is known.
  [[nodiscard]] std::vector<std::string> on_stdout(std::string_view bytes);

  void on_stderr(std::string_view bytes) {
    errors_.append(bytes);
  }

  /// The command is over and everything it wrote was given to us.
  [[nodiscard]] task_report finish(const task_end& end);

private:
  byte_tail content_{max_content};
  byte_tail errors_{max_errors};
  line_splitter lines_;
  bool first_line_seen_ = false;
  std::optional<std::string> held_;
};

} // namespace bridgekeeper::app
