#pragma once

#include "protocol/timestamp.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace bridgekeeper::app {

/// Reads a time as `protocol::to_iso8601` writes it; nothing for other text.
[[nodiscard]] std::optional<protocol::timestamp>
parse_iso8601(std::string_view text);

/// A span of time in its two largest units: `42s`, `3m 12s`, `5h 2m`, `3d 4h`.
[[nodiscard]] std::string format_age(std::chrono::seconds age);

/// A table for people of a JSON list of AgentViews (contract section 3), as of
/// `now`. Safe to print on a terminal.
[[nodiscard]] std::string agent_table(std::string_view agents,
                                      protocol::timestamp now);

} // namespace bridgekeeper::app
