#pragma once

#include <string>
#include <string_view>

namespace bridgekeeper::app {

/// Formats an event's JSON (contract section 4) as one line: the time of day
/// (UTC), the agent, and what happened. The result is safe to print on a
/// terminal.
[[nodiscard]] std::string event_line(std::string_view event);

} // namespace bridgekeeper::app
