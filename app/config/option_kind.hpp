#pragma once

#include "app/config/number_unit.hpp"
#include "app/config/text_syntax.hpp"

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <variant>

namespace bridgekeeper::app {

struct config;

using optional_text = std::optional<std::string>;

/// Where in a `config` an option's value lives. T is the same for all options
/// of a kind, whatever types their fields have.
template <class T>
struct config_field {
  T (*read)(const config& from);
  void (*write)(config& to, std::remove_cvref_t<T> value);
};

// -- the kinds of options: what a value is, and which values are valid --------

struct switch_kind {
  config_field<bool> at;
};

struct number_kind {
  config_field<double> at;
  const number_unit& unit;
  double min;
  double max;
};

/// One word of several, in any case.
struct word_kind {
  config_field<optional_text> at;
  /// With commas between them: `text, json`.
  std::string_view words;
};

/// A text, which may be unset.
struct text_kind {
  config_field<optional_text> at;
  const text_syntax& syntax;
};

struct list_kind {
  config_field<const texts&> at;
  /// Of each item.
  const text_syntax& syntax;
  std::size_t min_size = 0;
};

using option_kind =
    std::variant<switch_kind, number_kind, word_kind, text_kind, list_kind>;

} // namespace bridgekeeper::app
