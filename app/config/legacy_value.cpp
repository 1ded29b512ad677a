#include "app/config/legacy_value.hpp"

#include "app/config/option_text.hpp"
#include "app/config/option_value.hpp"
#include "app/text/overload.hpp"
#include "app/text/quantity.hpp"

#include <algorithm>
#include <cctype>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <variant>

namespace bridgekeeper::app {

namespace {

bool is_same_word(std::string_view lowered, std::string_view any) {
  return std::ranges::equal(lowered, any, [](char a, unsigned char b) {
    return a == static_cast<char>(std::tolower(b));
  });
}

/// A number as Python's `int` and `float` read one, which take `+5`, `1_000`
/// and `inf` as well; nothing for other text, or where a whole number is wanted
/// and `text` is not one.
std::optional<double> read_python_number(std::string_view text, bool whole) {
  std::string plain;
  for (std::size_t i = 0; i < text.size(); ++i) {
    auto is_digit = [&](std::size_t at) {
      return at < text.size()
             && std::isdigit(static_cast<unsigned char>(text[at])) != 0;
    };
    auto separates =
        text[i] == '_' && i > 0 && is_digit(i - 1) && is_digit(i + 1);
    if (!separates && !(i == 0 && text[i] == '+'))
      plain += text[i];
  }
  if (whole
      && plain.find_first_not_of("0123456789", plain.starts_with('-') ? 1 : 0)
             != std::string::npos)
    return std::nullopt;
  auto out = 0.0;
  auto last = plain.data() + plain.size();
  auto [end, error] = std::from_chars(plain.data(), last, out);
  if (error == std::errc::result_out_of_range && end == last) {
    auto is_tiny = plain.find("e-") != std::string::npos
                   || plain.find("E-") != std::string::npos;
    auto size = is_tiny ? 0.0 : HUGE_VAL;
    return plain.starts_with('-') ? -size : size;
  }
  if (error != std::errc{} || end != last || std::isnan(out))
    return std::nullopt;
  return out;
}

/// The nearest number that the option takes; nothing for what is not one.
struct nearest_number {
  std::string_view text;

  std::optional<std::string> operator()(const count_kind& k) const {
    return whole(static_cast<double>(k.min), static_cast<double>(k.max));
  }

  std::optional<std::string> operator()(const size_kind& k) const {
    return whole(static_cast<double>(k.min), static_cast<double>(k.max));
  }

  std::optional<std::string> operator()(const limit_kind& k) const {
    return whole(-static_cast<double>(k.max), static_cast<double>(k.max));
  }

  std::optional<std::string> operator()(const number_kind& k) const {
    auto x = read_python_number(text, false);
    return x ? std::optional{format_number(std::clamp(*x, k.min, k.max))}
             : std::nullopt;
  }

  std::optional<std::string> operator()(const auto&) const {
    return std::nullopt;
  }

private:
  [[nodiscard]] std::optional<std::string> whole(double min, double max) const {
    auto x = read_python_number(text, true);
    if (!x)
      return std::nullopt;
    return std::to_string(static_cast<std::int64_t>(std::clamp(*x, min, max)));
  }
};

/// Whether there is a value that is nearest to any text: a number or a word.
/// There is none for a secret, or for a path.
bool has_nearest(const option& x) {
  return std::visit(overload{[](const count_kind&) { return true; },
                             [](const size_kind&) { return true; },
                             [](const limit_kind&) { return true; },
                             [](const number_kind&) { return true; },
                             [](const choice_kind&) { return true; },
                             [](const auto&) { return false; }},
                    x.kind);
}

} // namespace

std::optional<std::string> legacy_meaning(const option& x,
                                          const legacy_variable& variable,
                                          std::string_view text) {
  config scratch;
  if (!has_nearest(x)
      || !assign(x, scratch, plain_text{std::string{text}}).has_value())
    return std::nullopt;
  for (const auto& word : variable.words)
    if (is_same_word(word.theirs, text))
      return std::string{word.ours};
  if (auto nearest = std::visit(nearest_number{text}, x.kind))
    return nearest;
  // The replaced server ignores what it does not understand.
  return to_plain(x, config{});
}

} // namespace bridgekeeper::app
