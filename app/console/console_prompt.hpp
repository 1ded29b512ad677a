#pragma once

#include "app/console/terms.hpp"

#include <functional>
#include <string>

namespace bridgekeeper::console {

/// Reads commands from standard input and passes each to `act`, until `act`
/// returns false, the command is `quit` or `exit`, or the input ends. On a
/// terminal, there is completion of command names and a history, which is saved
/// in ~/.bridgekeeper_history after each line.
void prompt_for_commands(const std::function<bool(const std::string&)>& act);

/// Whether standard input is a terminal rather than a script.
[[nodiscard]] bool prompts_a_person();

} // namespace bridgekeeper::console
