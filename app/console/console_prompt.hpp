#pragma once

#include "app/client/interrupt_watch.hpp"
#include "app/console/terms.hpp"

#include <functional>
#include <string>
#include <vector>

namespace bridgekeeper::console {

struct prompt_handlers {
  /// Runs a command. Returns false if there is no point in reading another. On
  /// a terminal, Ctrl-C reaches the watch from the end of the line on;
  /// otherwise, there is none.
  std::function<bool(const std::string&, const interrupt_watch*)> act;
  /// Returns what could complete the last word of the line so far.
  std::function<std::vector<std::string>(const std::string&)> complete;
};

/// Reads commands from standard input and passes each to `act`, until `act`
/// returns false, the command is `quit` or `exit`, or the input ends (Ctrl-D).
/// On a terminal, Tab completes the last word, Ctrl-C discards the line, and
/// there is a history, which is saved in ~/.bridgekeeper_history after each
/// line. May not be called while a call is in progress.
void prompt_for_commands(const prompt_handlers& handlers);

/// Whether standard input is a terminal rather than a script.
[[nodiscard]] bool prompts_a_person();

} // namespace bridgekeeper::console
