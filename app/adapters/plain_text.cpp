#include "app/adapters/plain_text.hpp"

#include "app/text/utf8_text.hpp"
#include "domain/trimmed.hpp"

#include <algorithm>

namespace bridgekeeper::app {

namespace {

constexpr char escape = '\x1B';

/// The length of a control string, such as a title: it ends with BEL or ESC \.
std::size_t control_string_length(std::string_view text) {
  for (std::size_t i = 2; i < text.size(); ++i) {
    if (text[i] == '\a')
      return i + 1;
    if (text[i] == escape)
      return std::min(i + 2, text.size());
  }
  return text.size();
}

/// The length of the escape sequence that `text` begins with (ECMA-48). One
/// that does not end is as long as the text.
std::size_t escape_length(std::string_view text) {
  if (text.size() < 2)
    return text.size();
  std::string_view control_strings = "]PX^_";
  if (control_strings.find(text[1]) != std::string_view::npos)
    return control_string_length(text);
  auto is_between = [](char c, char low, char high) {
    return c >= low && c <= high;
  };
  std::size_t i = 1;
  if (text[1] == '[')
    for (i = 2; i < text.size() && is_between(text[i], '\x20', '\x3F');)
      ++i;
  else
    while (i < text.size() && is_between(text[i], '\x20', '\x2F'))
      ++i;
  return std::min(i + 1, text.size());
}

std::string without_escapes(std::string_view line) {
  std::string out;
  out.reserve(line.size());
  while (!line.empty()) {
    auto end = std::min(line.find(escape), line.size());
    out += line.substr(0, end);
    line.remove_prefix(end);
    if (!line.empty())
      line.remove_prefix(escape_length(line));
  }
  return out;
}

/// The last state of a line that was painted several times.
std::string_view last_painted(std::string_view line) {
  auto end = line.find_last_not_of(white_space);
  if (end == std::string_view::npos)
    return {};
  auto begin = line.find_last_of('\r', end);
  return begin == std::string_view::npos ? line : line.substr(begin + 1);
}

/// Appends `line`, which is UTF-8, without control characters.
void append_visible(std::string& out, std::string_view line) {
  while (!line.empty()) {
    auto control = control_at(line);
    if (control.length == 0 || control.is_bidi || control.code == '\t') {
      out += line[0];
      line.remove_prefix(1);
    } else {
      line.remove_prefix(control.length);
    }
  }
}

} // namespace

std::string plain_text(std::string_view text) {
  std::string out;
  while (true) {
    auto end = std::min(text.find('\n'), text.size());
    auto line = repair_utf8(without_escapes(text.substr(0, end)));
    append_visible(out, last_painted(line));
    if (end == text.size())
      return out;
    out += '\n';
    text.remove_prefix(end + 1);
  }
}

} // namespace bridgekeeper::app
