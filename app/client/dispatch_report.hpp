#pragma once

#include "app/client/control_messages.hpp"
#include "app/exit_code.hpp"

#include <string>
#include <string_view>

namespace bridgekeeper::app {

// What the commands that wait for a dispatch print, and what they exit with.
// Answers go to standard output, all else to standard error. Main thread.

/// A line about how it is going, faint where a person is looking.
void show_progress(std::string_view text);

/// The agent's answer, with a line break at its end; nothing where it is empty.
/// On a terminal without what would move its cursor.
void print_answer(const std::string& text);

/// Says that the agent itself reported a failure.
[[nodiscard]] exit_code report_failed_task(const std::string& agent,
                                           const std::string& error);

/// Says why there is no answer, or no dispatch where `was_dispatched` is false.
[[nodiscard]] exit_code report_error(const std::string& agent,
                                     bool was_dispatched,
                                     const error_answer& why);

/// Prints a record: as one line of JSON, else the answer of a finished dispatch
/// and what is to be said about any other.
[[nodiscard]] exit_code report_record(const record_answer& x, bool as_json);

} // namespace bridgekeeper::app
