#include "protocol/lenient_json.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstdlib>

namespace bridgekeeper::protocol {

namespace {

constexpr std::string_view replacement = "\\ufffd";

/// The code unit of the escape `\uXXXX` at the start of `text`, or -1.
int escaped_unit(std::string_view text) {
  if (text.size() < 6 || text[0] != '\\' || text[1] != 'u')
    return -1;
  auto unit = 0;
  auto last = text.data() + 6;
  auto [end, err] = std::from_chars(text.data() + 2, last, unit, 16);
  return err == std::errc{} && end == last ? unit : -1;
}

bool is_high_surrogate(int unit) {
  return unit >= 0xD800 && unit <= 0xDBFF;
}

bool is_low_surrogate(int unit) {
  return unit >= 0xDC00 && unit <= 0xDFFF;
}

/// Copies one escape sequence from the start of `text` to `out`; returns the
/// number of characters read.
std::size_t copy_escape(std::string_view text, std::string& out,
                        bool& changed) {
  auto unit = escaped_unit(text);
  if (is_high_surrogate(unit)
      && is_low_surrogate(escaped_unit(text.substr(6)))) {
    out += text.substr(0, 12);
    return 12;
  }
  if (is_high_surrogate(unit) || is_low_surrogate(unit)) {
    out += replacement;
    changed = true;
    return 6;
  }
  auto length = text.size() < 2 ? text.size() : 2;
  out += text.substr(0, length);
  return length;
}

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

/// Removes digits from the start of `text`; returns false if there are none.
bool skip_digits(std::string_view& text) {
  auto length = std::min(text.find_first_not_of("0123456789"), text.size());
  text.remove_prefix(length);
  return length > 0;
}

bool skip(std::string_view& text, std::string_view any_of) {
  auto found = !text.empty() && any_of.find(text[0]) != any_of.npos;
  if (found)
    text.remove_prefix(1);
  return found;
}

/// Whether all of `text`, which must not be empty, is an unsigned number (RFC
/// 8259, 6).
bool is_number(std::string_view text) {
  if (text[0] == '0' ? !skip(text, "0") : !skip_digits(text))
    return false;
  if (skip(text, ".") && !skip_digits(text))
    return false;
  if (skip(text, "eE")) {
    skip(text, "+-");
    if (!skip_digits(text))
      return false;
  }
  return text.empty();
}

/// Whether the number is too large (not too small) for a double.
bool is_huge(std::string_view number) {
  auto value = 0.0;
  auto [end, err] =
      std::from_chars(number.data(), number.data() + number.size(), value);
  return err == std::errc::result_out_of_range
         && std::isinf(std::strtod(std::string{number}.c_str(), nullptr));
}

/// Copies the number at the start of `text` to `out`, or `null` instead if it
/// is too large for a double; returns the number of characters read. Anything
/// that is not strictly a number is copied unchanged, for the parser to reject.
std::size_t copy_number(std::string_view text, std::string& out,
                        bool& changed) {
  auto length =
      std::min(text.find_first_not_of("0123456789.eE+-"), text.size());
  auto number = text.substr(0, length);
  if (!is_number(number) || !is_huge(number)) {
    out += number;
    return length;
  }
  if (!out.empty() && out.back() == '-')
    out.pop_back();
  out += "null";
  changed = true;
  return length;
}

} // namespace

std::optional<std::string> repair_python_json(std::string_view text) {
  constexpr std::array<std::string_view, 3> names{"NaN", "-Infinity",
                                                  "Infinity"};
  std::string out;
  out.reserve(text.size());
  auto changed = false;
  auto inside_string = false;
  while (!text.empty()) {
    std::size_t length = 1;
    if (inside_string && text[0] == '\\') {
      length = copy_escape(text, out, changed);
    } else if (!inside_string && is_digit(text[0])) {
      length = copy_number(text, out, changed);
    } else {
      auto replaced = false;
      for (auto name : names) {
        if (!inside_string && text.starts_with(name)) {
          out += "null";
          length = name.size();
          changed = replaced = true;
          break;
        }
      }
      if (!replaced)
        out += text[0];
      if (text[0] == '"')
        inside_string = !inside_string;
    }
    text.remove_prefix(length);
  }
  if (!changed)
    return std::nullopt;
  return out;
}

} // namespace bridgekeeper::protocol
