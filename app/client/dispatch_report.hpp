#pragma once

#include "app/client/control_messages.hpp"
#include "app/client/exit_code.hpp"

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace bridgekeeper::app {

// What the commands that wait for a dispatch print, and what they exit with.
// Answers go to standard output, all else to standard error. Main thread.

/// A line about how it is going, faint where a person is looking.
void show_progress(std::string_view text);

/// Shows a dispatch's progress, then its answer. Many agents report each line
/// of their output as progress, and answer with the whole of it: where standard
/// output and standard error lead to the same place, a terminal for example,
/// the lines that were shown already are not printed twice.
class dispatch_display {
public:
  /// What progress says, or its status where it says nothing.
  void on_progress(const progress_answer& x);

  /// The agent's answer, with a line break at its end; nothing where it is
  /// empty. On a terminal without what would steer it.
  void on_answer(const std::string& text) const;

private:
  /// The lines that were shown; empty once they are more than it is worth to
  /// remember.
  std::vector<std::string> shown_;
  std::size_t bytes_ = 0;
};

/// What is left of `answer` behind the lines `shown`, if it begins with them,
/// blank ones aside; else all of it.
[[nodiscard]] std::string_view
unseen_part(std::string_view answer, const std::vector<std::string>& shown);

/// Says that the agent itself reported a failure.
[[nodiscard]] exit_code report_failed_task(const std::string& agent,
                                           const std::string& error);

/// Says why there is no answer, or no dispatch where `was_dispatched` is false.
[[nodiscard]] exit_code report_error(const std::string& agent,
                                     bool was_dispatched,
                                     const error_answer& why);

/// Prints a record: as one line of JSON, else the answer of a finished dispatch
/// and what is to be said about any other.
[[nodiscard]] exit_code report_record(const record_answer& x, bool as_json,
                                      const dispatch_display& display);

} // namespace bridgekeeper::app
