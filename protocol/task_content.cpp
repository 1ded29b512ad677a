#include "protocol/task_content.hpp"

#include "domain/utf8.hpp"

#include <array>

namespace bridgekeeper::protocol {

namespace {

constexpr std::array<std::string_view, 19> wide_spaces{
    "\u0085", "\u00a0", "\u1680", "\u2000", "\u2001", "\u2002", "\u2003",
    "\u2004", "\u2005", "\u2006", "\u2007", "\u2008", "\u2009", "\u200a",
    "\u2028", "\u2029", "\u202f", "\u205f", "\u3000"};

/// The length of the white-space character at the start of `text`, or 0.
/// Recognizes the same characters as Python's `str.strip`.
std::size_t leading_space(std::string_view text) {
  if (text.empty())
    return 0;
  auto c = static_cast<unsigned char>(text[0]);
  if (c == ' ' || (c >= 0x09 && c <= 0x0D) || (c >= 0x1C && c <= 0x1F))
    return 1;
  // All other white-space characters begin with one of these bytes.
  if (c != 0xC2 && (c < 0xE1 || c > 0xE3))
    return 0;
  for (auto space : wide_spaces)
    if (text.starts_with(space))
      return space.size();
  return 0;
}

std::size_t trailing_space(std::string_view text) {
  for (std::size_t length = 1; length <= 3 && length <= text.size(); ++length)
    if (leading_space(text.substr(text.size() - length)) == length)
      return length;
  return 0;
}

} // namespace

std::string_view strip(std::string_view text) noexcept {
  while (auto length = leading_space(text))
    text.remove_prefix(length);
  while (auto length = trailing_space(text))
    text.remove_suffix(length);
  return text;
}

bool is_blank(std::string_view text) noexcept {
  return strip(text).empty();
}

result<std::string> clean_content(std::string text,
                                  std::size_t max_code_points) {
  std::erase(text, '\0');
  auto rest = strip(text);
  if (rest.empty())
    return failure{errc::empty_content, {}};
  if (rest.size() > max_code_points
      && count_code_points(rest) > max_code_points)
    return failure{errc::content_too_long,
                   "content must be <= " + std::to_string(max_code_points)
                       + " characters"};
  if (rest.size() == text.size())
    return text;
  return std::string{rest};
}

} // namespace bridgekeeper::protocol
