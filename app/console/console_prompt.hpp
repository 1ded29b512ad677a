#pragma once

#include "app/console/terms.hpp"

#include <functional>
#include <string>
#include <vector>

namespace bridgekeeper::console {

/// Reads commands from standard input and passes each to `act`, until `act`
/// returns false, the command is `quit` or `exit`, or the input ends. On a
/// terminal, there is completion of command names and ids, and a history, which
/// is saved in ~/.bridgekeeper_history after each line. `list_ids` is called
/// when someone wants an id completed.
void prompt_for_commands(
    const std::function<bool(const std::string&)>& act,
    const std::function<std::vector<std::string>()>& list_ids);

/// Whether standard input is a terminal rather than a script.
[[nodiscard]] bool prompts_a_person();

} // namespace bridgekeeper::console
