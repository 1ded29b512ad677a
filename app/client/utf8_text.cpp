#include "app/client/utf8_text.hpp"

#include <algorithm>

namespace bridgekeeper::app {

namespace {

constexpr std::string_view replacement = "\xEF\xBF\xBD";

constexpr bool is_continuation(char c) {
  return (static_cast<unsigned char>(c) & 0xC0U) == 0x80U;
}

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

/// How many bytes at the start of `text` belong together, and whether they are
/// a character.
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
                            : is_continuation(text[length]);
    if (!fits)
      break;
    ++length;
  }
  return {length, length == expected.length};
}

/// Whether a terminal would take the character for a command: the control
/// characters of ASCII and of Latin-1 (U+0080 to U+009F).
bool steers_terminal(std::string_view character) {
  auto c = static_cast<unsigned char>(character[0]);
  if (character.size() == 1)
    return (c < 0x20 && c != '\n' && c != '\t') || c == 0x7F;
  return c == 0xC2 && static_cast<unsigned char>(character[1]) < 0xA0;
}

template <class Predicate>
std::string replace_where(std::string_view text, Predicate is_bad) {
  std::string out;
  out.reserve(text.size());
  while (!text.empty()) {
    auto [length, whole] = first_piece(text);
    auto bytes = text.substr(0, length);
    out += !whole || is_bad(bytes) ? replacement : bytes;
    text.remove_prefix(length);
  }
  return out;
}

} // namespace

std::string repair_utf8(std::string_view text) {
  return replace_where(text, [](std::string_view) { return false; });
}

std::string printable(std::string_view text) {
  return replace_where(text, steers_terminal);
}

std::string_view cut_utf8(std::string_view text, std::size_t limit) noexcept {
  if (text.size() <= limit)
    return text;
  auto end = limit;
  while (end > 0 && limit - end < 3 && is_continuation(text[end]))
    --end;
  return text.substr(0, is_continuation(text[end]) ? limit : end);
}

std::string_view skip_partial_character(std::string_view text) noexcept {
  std::size_t pos = 0;
  while (pos < 3 && pos < text.size() && is_continuation(text[pos]))
    ++pos;
  return text.substr(pos);
}

} // namespace bridgekeeper::app
