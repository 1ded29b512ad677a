#pragma once

#include "domain/timestamp.hpp"

#include <string>
#include <string_view>

namespace bridgekeeper::app {

/// Formats the `costs` of the daemon's answer on /ws/control as a table. Times
/// are relative to `now`. The result is safe to print on a terminal.
[[nodiscard]] std::string cost_table(std::string_view costs, timestamp now);

} // namespace bridgekeeper::app
