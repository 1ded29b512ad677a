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

/// A character that a terminal obeys instead of showing it.
struct terminal_control {
  /// In bytes; 0 where there is none.
  std::size_t length = 0;
  char32_t code = 0;
  /// It changes the direction of the text around it (U+202E, for example), so
  /// that people read something else than programs do.
  bool is_bidi = false;
};

/// Whether `text`, which is not empty, begins with such a character: a control
/// character of ASCII or Latin-1 (U+0080 to U+009F), or one of Unicode's
/// bidirectional controls.
[[nodiscard]] terminal_control control_at(std::string_view text) noexcept;

/// `\u202e`.
[[nodiscard]] std::string escaped(char32_t code);

/// One line for a terminal: repaired, with bidirectional controls escaped
/// (`\u202e`) and U+FFFD in place of other control characters. Text of a remote
/// agent must not move the cursor or disguise itself. Line feeds and tabs stay.
[[nodiscard]] std::string printable(std::string_view text);

/// The same for a JSON text: what a terminal would obey is escaped as JSON
/// does it, so programs read the same values.
[[nodiscard]] std::string printable_json(std::string_view json);

} // namespace bridgekeeper::app
