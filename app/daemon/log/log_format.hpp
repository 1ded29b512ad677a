#pragma once

#include <spdlog/formatter.h>

#include <memory>

namespace bridgekeeper::app {

/// One JSON object a line, for machines: `time` (ISO-8601 UTC), `level`,
/// `logger`, `message`, in this order, then the line's fields
/// (net/log_line.hpp). Every text is escaped, so that no peer can forge a line,
/// and harmless on a terminal.
[[nodiscard]] std::unique_ptr<spdlog::formatter> make_json_format();

/// `12:00:00.000 info bridgekeeper: message [agent=demo peer=10.0.0.1]`, for
/// people; coloured where the sink is. Control characters appear as `\x1b`,
/// bidirectional ones as `\u202e`: what a peer sends must neither move the
/// operator's cursor nor disguise itself.
[[nodiscard]] std::unique_ptr<spdlog::formatter> make_text_format();

} // namespace bridgekeeper::app
