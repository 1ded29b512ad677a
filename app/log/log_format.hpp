#pragma once

#include <spdlog/formatter.h>

#include <memory>

namespace bridgekeeper::app {

/// One JSON object a line, for machines: `time` (ISO-8601 UTC), `level`,
/// `logger`, `message`, in this order. Every message is escaped, so that no
/// peer can forge a line.
[[nodiscard]] std::unique_ptr<spdlog::formatter> make_json_format();

/// `12:00:00.000 info bridgekeeper: message`, for people; coloured where the
/// sink is. Control characters in a message appear as `\x1b`: what a peer sends
/// must not move the operator's cursor.
[[nodiscard]] std::unique_ptr<spdlog::formatter> make_text_format();

} // namespace bridgekeeper::app
