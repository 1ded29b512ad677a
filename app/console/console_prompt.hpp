#pragma once

#include "app/console/terms.hpp"

#include <functional>
#include <string>

namespace bridgekeeper::console {

/// Reads commands from standard input and passes each to `act`, until `act`
/// returns false, `quit` is typed, or the input ends. For a person with history
/// (kept in ~/.bridgekeeper_history, each line as soon as it is typed) and
/// completion of command names.
void prompt_for_commands(const std::function<bool(const std::string&)>& act);

/// Whether standard input is a terminal, not a script.
[[nodiscard]] bool prompts_a_person();

} // namespace bridgekeeper::console
