#pragma once

#include "domain/errc.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace bridgekeeper::protocol {

/// The contents of a close frame.
struct close_reason {
  std::uint16_t code = 1000;
  /// At most `max_close_reason` bytes, made up of whole UTF-8 characters.
  std::string text;
};

/// Truncates `text` to fit into a close frame, at a character boundary.
[[nodiscard]] std::string_view cut_close_text(std::string_view text) noexcept;

/// The close frame for `code`, with the reason's sentence.
[[nodiscard]] close_reason make_close_reason(errc code);

/// The close frame for `code`, with `text` instead of the sentence.
[[nodiscard]] close_reason make_close_reason(errc code, std::string_view text);

} // namespace bridgekeeper::protocol
