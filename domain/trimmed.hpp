#pragma once

#include <algorithm>
#include <string_view>

namespace bridgekeeper {

/// ASCII's white space.
inline constexpr std::string_view white_space = " \t\r\n\f\v";

/// `text` without the characters of `blanks` at both ends.
[[nodiscard]] constexpr std::string_view
trimmed(std::string_view text, std::string_view blanks = white_space) noexcept {
  text.remove_prefix(std::min(text.find_first_not_of(blanks), text.size()));
  return text.substr(0, text.find_last_not_of(blanks) + 1);
}

} // namespace bridgekeeper
