#pragma once

#include "app/client/control_messages.hpp"
#include "app/client/exit_code.hpp"

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace bridgekeeper::app {

// The output and the exit codes of the commands that wait for a dispatch.
// Answers go to standard output, everything else goes to standard error. Main
// thread.

/// Prints a line of progress, faint on a terminal.
void show_progress(std::string_view text);

/// Shows the progress of a dispatch, then its answer. Many agents report each
/// line of their output as progress and then answer with the whole output. If
/// standard output and standard error are the same file, such as a terminal,
/// lines that have already been shown are not printed again.
class dispatch_display {
public:
  /// Prints the text of `x`, or its status if it has no text.
  void on_progress(const progress_answer& x);

  /// Prints the agent's answer with a line break at the end, and nothing if the
  /// answer is empty. On a terminal, control characters are replaced.
  void on_answer(const std::string& text) const;

private:
  /// The lines that were shown; emptied once they exceed a limit.
  std::vector<std::string> shown_;
  std::size_t bytes_ = 0;
};

/// If `answer` begins with the lines `shown`, ignoring blank lines, returns the
/// rest of it. Otherwise returns all of `answer`.
[[nodiscard]] std::string_view
unseen_part(std::string_view answer, const std::vector<std::string>& shown);

/// Prints that the agent itself reported a failure, and what its bridge said
/// about it.
[[nodiscard]] exit_code report_failed_task(const std::string& agent,
                                           const std::string& error,
                                           const failure_note& note = {});

/// What the bridge said, in plain words and safe to print: the class of the
/// failure, when to try again, and the end of standard error. Each is one line
/// or more with a line break at the end. Empty if the bridge said nothing.
[[nodiscard]] std::string explain(const failure_note& x);

/// When and why the next attempt of a dispatch is made that waits for it: one
/// line, safe to print. Empty if the record does not say so.
[[nodiscard]] std::string explain_wait(const record_answer& x);

/// Prints why there is no answer, or why there was no dispatch if
/// `was_dispatched` is false. `agent` is empty if none has been chosen.
[[nodiscard]] exit_code report_error(const std::string& agent,
                                     bool was_dispatched,
                                     const error_answer& why);

/// Prints a record as one line of JSON, or as text: the answer or the error if
/// the dispatch has ended, otherwise its state and how to wait for the answer.
/// Late results follow, each with a line that says so.
[[nodiscard]] exit_code report_record(const record_answer& x, bool as_json,
                                      const dispatch_display& display);

/// Prints the history of a dispatch as a table.
[[nodiscard]] exit_code report_history(const record_answer& x);

} // namespace bridgekeeper::app
