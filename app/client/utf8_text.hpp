#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace bridgekeeper::app {

/// `text` with every byte sequence that is not UTF-8 replaced by U+FFFD, one
/// for each maximal part of a character (Unicode 15, section 3.9), as Python
/// and browsers do it.
[[nodiscard]] std::string repair_utf8(std::string_view text);

/// The longest front of `text` that has at most `limit` bytes and does not end
/// inside a character.
[[nodiscard]] std::string_view cut_utf8(std::string_view text,
                                        std::size_t limit) noexcept;

/// `text` without the rest of a character whose beginning is missing.
[[nodiscard]] std::string_view
skip_partial_character(std::string_view text) noexcept;

/// One line for a terminal: repaired, and with U+FFFD in place of what would
/// steer the terminal. What a remote agent says must not move the cursor.
/// Line feeds and tabs stay.
[[nodiscard]] std::string printable(std::string_view text);

} // namespace bridgekeeper::app
