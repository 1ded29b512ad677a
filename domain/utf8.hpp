#pragma once

#include <cstddef>
#include <string_view>

namespace bridgekeeper {

/// Whether `c` continues a UTF-8 character that began before it: 10xxxxxx.
[[nodiscard]] constexpr bool is_utf8_continuation(char c) noexcept {
  return (static_cast<unsigned char>(c) & 0xC0U) == 0x80U;
}

/// The length of `text`, which is UTF-8, in code points as in the contract and
/// in Python.
[[nodiscard]] std::size_t count_code_points(std::string_view text) noexcept;

/// The first `count` code points of `text`, which is UTF-8.
[[nodiscard]] std::string_view first_code_points(std::string_view text,
                                                 std::size_t count) noexcept;

/// The longest prefix of `text` that has at most `limit` bytes and does not end
/// within a character. In text that is not UTF-8, it has exactly `limit` bytes.
[[nodiscard]] std::string_view cut_utf8(std::string_view text,
                                        std::size_t limit) noexcept;

/// The longest suffix of `text` that has at most `limit` bytes and does not
/// begin within a character. In text that is not UTF-8, it may be up to three
/// bytes shorter.
[[nodiscard]] std::string_view end_of_utf8(std::string_view text,
                                           std::size_t limit) noexcept;

} // namespace bridgekeeper
