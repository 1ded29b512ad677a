#include "app/config/legacy_value.hpp"

#include "app/config/quantity.hpp"

#include <algorithm>
#include <cctype>
#include <charconv>
#include <cmath>

namespace bridgekeeper::app {

namespace {

bool is_same_word(std::string_view lowered, std::string_view any) {
  return std::ranges::equal(lowered, any, [](char a, unsigned char b) {
    return a == static_cast<char>(std::tolower(b));
  });
}

/// The nearest number that `kind` takes, where `text` is one that it does not.
std::optional<std::string> clamp(const number_kind& kind,
                                 std::string_view text) {
  auto x = 0.0;
  auto last = text.data() + text.size();
  auto [end, error] = std::from_chars(text.data(), last, x);
  if (error != std::errc{} || end != last || std::isnan(x))
    return std::nullopt;
  auto nearest = std::clamp(x, kind.min, kind.max);
  if (nearest == x)
    return std::nullopt;
  return format_number(nearest);
}

} // namespace

std::optional<std::string> legacy_meaning(const option& x,
                                          const legacy_variable& variable,
                                          std::string_view text) {
  for (const auto& word : variable.words)
    if (is_same_word(word.theirs, text))
      return std::string{word.ours};
  auto number = std::get_if<number_kind>(&x.kind);
  if (variable.is_clamped && number != nullptr)
    return clamp(*number, text);
  return std::nullopt;
}

} // namespace bridgekeeper::app
