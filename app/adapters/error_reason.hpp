#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace bridgekeeper::app {

/// The line of `text` that states an error, without escape sequences and in
/// bounds: `Error: …`, `ValueError: …`, `fatal: …`, or the message of an error
/// in JSON. The last one, because it ended the program; lines that are indented
/// belong to others. Nothing if no line states an error.
[[nodiscard]] std::optional<std::string> stated_error(std::string_view text);

/// The most telling line of standard error: the one that states the error,
/// otherwise the last one that says anything (no brackets, stack frames or
/// versions). Empty if there is none.
[[nodiscard]] std::string reason_in(std::string_view errors);

/// The end of `text`, at most `limit` bytes of UTF-8 without escape sequences.
[[nodiscard]] std::string plain_end(std::string_view text, std::size_t limit);

} // namespace bridgekeeper::app
