#pragma once

#include "domain/timestamp.hpp"

#include <string>
#include <string_view>

namespace bridgekeeper::app {

/// A table for people of what was spent, as of `now`: the `costs` that the
/// daemon answers over /ws/control. Safe to print on a terminal.
[[nodiscard]] std::string cost_table(std::string_view costs, timestamp now);

} // namespace bridgekeeper::app
