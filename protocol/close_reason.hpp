#pragma once

#include "domain/errc.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace bridgekeeper::protocol {

/// What a close frame says.
struct close_reason {
  std::uint16_t code = 1000;
  /// At most `max_close_reason` bytes of whole UTF-8 characters.
  std::string text;
};

/// Cuts `text` to what fits a close frame, at a character's boundary.
[[nodiscard]] std::string_view cut_close_text(std::string_view text) noexcept;

/// The close frame for `code`, with its sentence.
[[nodiscard]] close_reason make_close_reason(errc code);

/// The close frame for `code`, with `text` in place of the sentence.
[[nodiscard]] close_reason make_close_reason(errc code, std::string_view text);

} // namespace bridgekeeper::protocol
