#include "domain/utf8.hpp"

#include <algorithm>

namespace bridgekeeper {

std::size_t count_code_points(std::string_view text) noexcept {
  return text.size()
         - static_cast<std::size_t>(
             std::count_if(text.begin(), text.end(), is_utf8_continuation));
}

std::string_view first_code_points(std::string_view text,
                                   std::size_t count) noexcept {
  auto end = std::find_if(text.begin(), text.end(), [&count](char c) {
    return !is_utf8_continuation(c) && count-- == 0;
  });
  return {text.begin(), end};
}

std::string_view cut_utf8(std::string_view text, std::size_t limit) noexcept {
  if (text.size() <= limit)
    return text;
  auto end = limit;
  // A character has at most three continuation bytes.
  while (end > 0 && limit - end < 3 && is_utf8_continuation(text[end]))
    --end;
  return text.substr(0, is_utf8_continuation(text[end]) ? limit : end);
}

std::string_view end_of_utf8(std::string_view text,
                             std::size_t limit) noexcept {
  if (text.size() <= limit)
    return text;
  auto rest = text.substr(text.size() - limit);
  for (auto i = 0; i < 3 && !rest.empty() && is_utf8_continuation(rest[0]); ++i)
    rest.remove_prefix(1);
  return rest;
}

} // namespace bridgekeeper
