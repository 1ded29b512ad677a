#pragma once

#include <functional>
#include <string>

namespace bridgekeeper::app {

/// Reads commands from standard input and passes each to `act`, until `act`
/// returns false, `quit` is typed, or the input ends. On a terminal with
/// history (kept in ~/.bridgekeeper_history) and completion of command names.
void prompt_for_commands(const std::function<bool(const std::string&)>& act);

} // namespace bridgekeeper::app
