#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace bridgekeeper::app {

/// Replaces invalid UTF-8 in `text` with U+FFFD, one for each maximal part of a
/// character (Unicode 15, section 3.9), as Python and browsers do.
[[nodiscard]] std::string repair_utf8(std::string_view text);

/// `text` without the rest of a character whose beginning is missing.
[[nodiscard]] std::string_view
skip_partial_character(std::string_view text) noexcept;

/// A character that controls a terminal instead of being shown.
struct terminal_control {
  /// The length in bytes; 0 if there is no such character.
  std::size_t length = 0;
  char32_t code = 0;
  /// Whether the character changes the direction of the surrounding text, as
  /// U+202E does, so that people and programs read different text.
  bool is_bidi = false;
};

/// Checks whether `text`, which must not be empty, begins with a control
/// character of ASCII or Latin-1 (U+0080 to U+009F) or with one of Unicode's
/// bidirectional controls.
[[nodiscard]] terminal_control control_at(std::string_view text) noexcept;

/// Formats a character as `\u202e`.
[[nodiscard]] std::string escaped(char32_t code);

/// Makes text safe for a terminal: invalid UTF-8 is repaired, bidirectional
/// controls are escaped (`\u202e`), and other control characters except line
/// feeds and tabs are replaced by U+FFFD. Text of a remote agent must neither
/// move the cursor nor disguise itself.
[[nodiscard]] std::string printable(std::string_view text);

/// The same on one line: `?` in place of every control character, line feeds
/// and tabs as well. Bidirectional controls stay, for `printable` to escape.
[[nodiscard]] std::string without_controls(std::string_view text);

/// `printable` for a JSON text: what a terminal would obey is escaped as JSON
/// does it, so programs read the same values.
[[nodiscard]] std::string printable_json(std::string_view json);

} // namespace bridgekeeper::app
