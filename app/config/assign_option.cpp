#include "app/config/assign_option.hpp"

#include "app/config/option_text.hpp"

#include <algorithm>
#include <utility>

namespace bridgekeeper::app {

namespace {

// -- a value as the type of its kind, or nothing if it is not valid -----------

std::optional<bool> read(const switch_kind&, const option_value& value) {
  return read_switch(value);
}

std::optional<double> read(const number_kind& kind, const option_value& value) {
  auto out = kind.unit.read(value);
  // Both comparisons are false for NaN.
  if (out && *out >= kind.min && *out <= kind.max)
    return out;
  return std::nullopt;
}

/// Words are in lower case here. The replaced server writes `INFO`.
optional_text read(const word_kind& kind, const option_value& value) {
  auto text = text_of(value);
  for (const auto& word : split_at_commas(kind.words))
    if (text != nullptr && is_same_word(word, *text))
      return word;
  return std::nullopt;
}

optional_text read(const text_kind& kind, const option_value& value) {
  auto text = text_of(value);
  if (text != nullptr && kind.syntax.is_valid(*text))
    return *text;
  return std::nullopt;
}

std::optional<texts> read(const list_kind& kind, const option_value& value) {
  auto out = read_list(value);
  if (out && out->size() >= kind.min_size
      && std::ranges::all_of(*out, kind.syntax.is_valid))
    return out;
  return std::nullopt;
}

// -- saying what was found ----------------------------------------------------

/// The first invalid item of a list, otherwise the whole value.
std::string culprit(const option_kind& kind, const option_value& value) {
  if (auto list = std::get_if<list_kind>(&kind))
    for (const auto& item : read_list(value).value_or(texts{}))
      if (!list->syntax.is_valid(item))
        return describe(item);
  return describe(value);
}

} // namespace

std::optional<std::string> assign(const option& target, config& out,
                                  const option_value& value) {
  auto is_valid = std::visit(
      [&](const auto& kind) {
        auto x = read(kind, value);
        if (x)
          kind.at.write(out, std::move(*x));
        return x.has_value();
      },
      target.kind);
  if (is_valid)
    return std::nullopt;
  auto expected = "expected " + expectation(target);
  // A token may have been put under a wrong key of its section.
  return target.section == "auth"
             ? expected
             : "found " + culprit(target.kind, value) + ", " + expected;
}

} // namespace bridgekeeper::app
