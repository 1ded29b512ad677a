#pragma once

#include "app/config/option_value.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace bridgekeeper::app {

/// How the numbers of an option are read and written. Every number is handled
/// as a double, which holds whole numbers up to 2^53 exactly.
struct number_unit {
  /// The number in a value, or nothing if there is none. The caller checks the
  /// range.
  std::optional<double> (*read)(const option_value& value);
  /// The number as text, such as `10` or `16MiB`.
  std::string (*format)(double x);
  bool is_whole = false;
  /// Stands for the value in the help text: `SIZE`.
  std::string_view placeholder;
  /// Begins the sentence that says which values are valid: `bytes` …
  std::string_view name;
  /// … and ends it: `, such as 65536 or "64KiB"`.
  std::string_view hint = "";
  /// Follows the number, except in the file: `s`.
  std::string_view suffix = "";
  /// The number as a person writes it, if that is more than the number and the
  /// suffix: `30d`. In the file, it is in quotes.
  std::string (*long_form)(double x) = nullptr;
  /// The file takes what `format` returns only in quotes.
  bool is_quoted = false;
};

namespace units {

/// A whole number of things, never negative.
extern const number_unit count;

/// A whole number that switches something off if it is 0 or less.
extern const number_unit limit;

/// A number, whole or not.
extern const number_unit decimal;

/// Bytes: a whole number, or text with a unit (`64KiB`).
extern const number_unit bytes;

/// Seconds: a number, or text with a unit (`500ms`).
extern const number_unit duration;

} // namespace units

} // namespace bridgekeeper::app
