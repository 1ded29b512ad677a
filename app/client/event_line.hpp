#pragma once

#include <string>
#include <string_view>

namespace bridgekeeper::app {

/// One line for people of an event's JSON (contract section 4): the time of
/// day (UTC), the agent, what happened. Safe to print on a terminal.
[[nodiscard]] std::string event_line(std::string_view event);

} // namespace bridgekeeper::app
