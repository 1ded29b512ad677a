#include "app/text/utf8_text.hpp"

#include "domain/hex.hpp"
#include "domain/utf8.hpp"

#include <array>

namespace bridgekeeper::app {

namespace {

constexpr std::string_view replacement = "\xEF\xBF\xBD";

/// What the first byte of a character promises: how long it is, and within
/// which bounds the second byte lies. Length 0 where no character begins so.
struct promise {
  std::size_t length;
  unsigned char low = 0x80;
  unsigned char high = 0xBF;
};

constexpr promise first_byte(unsigned char c) {
  if (c < 0x80)
    return {1};
  if (c >= 0xC2 && c <= 0xDF)
    return {2};
  if (c >= 0xE0 && c <= 0xEF)
    return {3, static_cast<unsigned char>(c == 0xE0 ? 0xA0 : 0x80),
            static_cast<unsigned char>(c == 0xED ? 0x9F : 0xBF)};
  if (c >= 0xF0 && c <= 0xF4)
    return {4, static_cast<unsigned char>(c == 0xF0 ? 0x90 : 0x80),
            static_cast<unsigned char>(c == 0xF4 ? 0x8F : 0xBF)};
  return {0};
}

/// The number of bytes at the start of `text` that belong together, and whether
/// they form a complete character.
struct piece {
  std::size_t length;
  bool whole;
};

piece first_piece(std::string_view text) {
  auto expected = first_byte(static_cast<unsigned char>(text[0]));
  if (expected.length <= 1)
    return {1, expected.length == 1};
  std::size_t length = 1;
  while (length < expected.length && length < text.size()) {
    auto c = static_cast<unsigned char>(text[length]);
    auto fits = length == 1 ? c >= expected.low && c <= expected.high
                            : is_utf8_continuation(text[length]);
    if (!fits)
      break;
    ++length;
  }
  return {length, length == expected.length};
}

/// Decodes the character of two bytes at the start of `text`.
char32_t decode_two(std::string_view text) {
  return (static_cast<char32_t>(text[0]) & 0x1FU) << 6U
         | (static_cast<char32_t>(text[1]) & 0x3FU);
}

char32_t decode_three(std::string_view text) {
  return (static_cast<char32_t>(text[0]) & 0x0FU) << 12U
         | (static_cast<char32_t>(text[1]) & 0x3FU) << 6U
         | (static_cast<char32_t>(text[2]) & 0x3FU);
}

/// Unicode's property Bidi_Control (Unicode 15, PropList).
constexpr bool is_bidi_control(char32_t x) {
  return x == 0x061C || x == 0x200E || x == 0x200F
         || (x >= 0x202A && x <= 0x202E) || (x >= 0x2066 && x <= 0x2069);
}

/// Returns `text` with invalid UTF-8 replaced, and with each control character
/// replaced by the result of `rewrite`.
template <class Rewrite>
std::string rewrite_where(std::string_view text, Rewrite rewrite) {
  std::string out;
  out.reserve(text.size());
  while (!text.empty()) {
    auto [length, whole] = first_piece(text);
    if (auto control = whole ? control_at(text) : terminal_control{};
        control.length > 0)
      rewrite(out, text.substr(0, length), control);
    else
      out += whole ? text.substr(0, length) : replacement;
    text.remove_prefix(length);
  }
  return out;
}

} // namespace

terminal_control control_at(std::string_view text) noexcept {
  auto c = static_cast<unsigned char>(text[0]);
  if (c < 0x20 || c == 0x7F)
    return {1, c, false};
  auto [length, whole] = first_piece(text);
  if (!whole || length < 2 || length > 3)
    return {};
  auto code = length == 2 ? decode_two(text) : decode_three(text);
  if (is_bidi_control(code))
    return {length, code, true};
  if (code >= 0x80 && code < 0xA0)
    return {length, code, false};
  return {};
}

std::string escaped(char32_t code) {
  return "\\u"
         + to_hex(std::array{static_cast<unsigned char>(code >> 8U),
                             static_cast<unsigned char>(code)});
}

std::string repair_utf8(std::string_view text) {
  return rewrite_where(text, [](std::string& out, std::string_view bytes,
                                const terminal_control&) { out += bytes; });
}

std::string printable(std::string_view text) {
  return rewrite_where(text, [](std::string& out, std::string_view bytes,
                                const terminal_control& x) {
    if (x.code == '\n' || x.code == '\t')
      out += bytes;
    else if (x.is_bidi)
      out += escaped(x.code);
    else
      out += replacement;
  });
}

std::string without_controls(std::string_view text) {
  return rewrite_where(
      text, [](std::string& out, std::string_view bytes,
               const terminal_control& x) { out += x.is_bidi ? bytes : "?"; });
}

std::string printable_json(std::string_view json) {
  return rewrite_where(json, [](std::string& out, std::string_view bytes,
                                const terminal_control& x) {
    // In valid JSON, these are line feeds and tabs between tokens.
    if (x.code < 0x20)
      out += bytes;
    else
      out += escaped(x.code);
  });
}

std::string_view skip_partial_character(std::string_view text) noexcept {
  std::size_t pos = 0;
  while (pos < 3 && pos < text.size() && is_utf8_continuation(text[pos]))
    ++pos;
  return text.substr(pos);
}

} // namespace bridgekeeper::app
