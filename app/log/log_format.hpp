#pragma once

#include <spdlog/formatter.h>

#include <memory>

namespace bridgekeeper::app {

/// One JSON object per line, for programs: `time` (ISO 8601, UTC), `level`,
/// `logger`, `message`, in this order, followed by the fields of the line
/// (log/log_line.hpp). All text is escaped, so that no peer can forge a line or
/// send control characters to a terminal.
[[nodiscard]] std::unique_ptr<spdlog::formatter> make_json_format();

/// `12:00:00.000 info bridgekeeper: message [agent=demo peer=10.0.0.1]`, for
/// people; coloured if the sink supports it. Control characters are shown as
/// `\x1b` and bidirectional controls as `\u202e`, so that text from a peer can
/// neither move the operator's cursor nor disguise itself.
[[nodiscard]] std::unique_ptr<spdlog::formatter> make_text_format();

} // namespace bridgekeeper::app
