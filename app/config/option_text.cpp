#include "app/config/option_text.hpp"

#include "app/text/overload.hpp"

#include <cmath>

namespace bridgekeeper::app {

namespace {

std::string range(const number_kind& x) {
  auto max = x.unit.format(x.max);
  return std::isinf(x.min) ? " up to " + max
                           : " from " + x.unit.format(x.min) + " to " + max;
}

std::string to_plain_list(const texts& xs, bool is_secret) {
  if (xs.empty())
    return "none";
  if (is_secret)
    return std::to_string(xs.size()) + (xs.size() == 1 ? " token" : " tokens");
  return join(xs, ",");
}

std::string to_toml_list(texts xs) {
  for (auto& x : xs)
    x = quote(x);
  return "[" + join(xs, ", ") + "]";
}

/// The number and its suffix: `30s`.
std::string with_suffix(const number_unit& unit, double x) {
  return unit.format(x) + std::string{unit.suffix};
}

std::string to_plain_number(const number_unit& unit, double x) {
  return unit.long_form != nullptr ? unit.long_form(x) : with_suffix(unit, x);
}

std::string to_toml_number(const number_unit& unit, double x) {
  auto plain = to_plain_number(unit, x);
  auto is_bare = !unit.is_quoted && plain == with_suffix(unit, x);
  return is_bare ? unit.format(x) : quote(plain);
}

} // namespace

std::string expectation(const option& x) {
  return std::visit(
      overload{
          [](const switch_kind&) -> std::string { return "true or false"; },
          [](const number_kind& k) {
            return std::string{k.unit.name} + range(k)
                   + std::string{k.unit.hint};
          },
          [](const word_kind& k) { return "one of " + std::string{k.words}; },
          [](const auto& k) { return std::string{k.syntax.expectation}; },
      },
      x.kind);
}

std::string placeholder(const option& x) {
  return std::visit(
      overload{
          [](const switch_kind&) -> std::string { return "[BOOL]"; },
          [](const number_kind& k) { return std::string{k.unit.placeholder}; },
          [](const word_kind&) -> std::string { return "NAME"; },
          [](const auto& k) { return std::string{k.syntax.placeholder}; },
      },
      x.kind);
}

std::string to_plain(const option& x, const config& values) {
  return std::visit(
      overload{
          [&](const switch_kind& k) -> std::string {
            return k.at.read(values) ? "true" : "false";
          },
          [&](const number_kind& k) {
            return to_plain_number(k.unit, k.at.read(values));
          },
          [&](const list_kind& k) {
            return to_plain_list(k.at.read(values), k.syntax.is_secret);
          },
          [&](const auto& k) { return k.at.read(values).value_or("none"); },
      },
      x.kind);
}

std::optional<std::string> to_toml(const option& x, const config& values) {
  return std::visit(overload{
                        [&](const switch_kind&) -> optional_text {
                          return to_plain(x, values);
                        },
                        [&](const number_kind& k) -> optional_text {
                          return to_toml_number(k.unit, k.at.read(values));
                        },
                        [&](const list_kind& k) -> optional_text {
                          if (k.syntax.is_secret)
                            return std::nullopt;
                          return to_toml_list(k.at.read(values));
                        },
                        [&](const auto& k) -> optional_text {
                          auto text = k.at.read(values);
                          return text ? optional_text{quote(*text)}
                                      : std::nullopt;
                        },
                    },
                    x.kind);
}

} // namespace bridgekeeper::app
