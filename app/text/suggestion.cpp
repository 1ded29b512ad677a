#include "app/text/suggestion.hpp"

#include <algorithm>
#include <cstddef>
#include <numeric>
#include <vector>

namespace bridgekeeper::app {

namespace {

/// How many letters to insert, drop or change to make `b` of `a`
/// (Levenshtein).
std::size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 0; i < a.size(); ++i) {
    auto diagonal = row[0];
    row[0] = i + 1;
    for (std::size_t j = 0; j < b.size(); ++j) {
      auto replaced = diagonal + (a[i] == b[j] ? 0 : 1);
      diagonal = row[j + 1];
      row[j + 1] = std::min({replaced, row[j] + 1, diagonal + 1});
    }
  }
  return row.back();
}

} // namespace

std::string_view closest(std::string_view text,
                         std::span<const std::string_view> known) {
  // The text comes from outside and may be a whole page.
  if (text.size() > 100)
    return {};
  std::string_view best;
  // Three mistakes at most, however long the text is: a shared section must not
  // make up for different keys.
  auto limit = std::clamp<std::size_t>(text.size() / 2, 1, 3);
  for (auto candidate : known) {
    auto distance = edit_distance(text, candidate);
    if (distance <= limit) {
      best = candidate;
      if (distance == 0)
        break;
      limit = distance - 1;
    }
  }
  return best;
}

std::string did_you_mean(std::string_view text,
                         std::span<const std::string_view> known) {
  auto best = closest(text, known);
  if (best.empty())
    return {};
  return "; did you mean " + std::string{best} + "?";
}

} // namespace bridgekeeper::app
