#include "api/query.hpp"

#include <algorithm>

namespace bridgekeeper::api {

namespace {

int hex_value(char c) {
  if (c >= '0' && c <= '9')
    return c - '0';
  if (c >= 'a' && c <= 'f')
    return c - 'a' + 10;
  if (c >= 'A' && c <= 'F')
    return c - 'A' + 10;
  return -1;
}

/// Whether a query parameter has this name.
bool is_named(std::string_view key, std::string_view name) {
  return key.size() >= name.size() && percent_decoded(key, true) == name;
}

/// Calls `use` with the name and value of each query parameter, as sent.
template <class Use>
void for_each_query_value(std::string_view target, Use use) {
  auto start = target.find('?');
  if (start == std::string_view::npos)
    return;
  auto query = target.substr(start + 1);
  while (!query.empty()) {
    auto pair = query.substr(0, query.find('&'));
    auto equals = std::min(pair.find('='), pair.size());
    use(pair.substr(0, equals), pair.substr(std::min(equals + 1, pair.size())));
    query.remove_prefix(std::min(pair.size() + 1, query.size()));
  }
}

} // namespace

std::string percent_decoded(std::string_view text, bool plus_is_space) {
  if (text.find_first_of("%+") == text.npos)
    return std::string{text};
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    auto high =
        i + 2 < text.size() && text[i] == '%' ? hex_value(text[i + 1]) : -1;
    auto low = high >= 0 ? hex_value(text[i + 2]) : -1;
    if (low >= 0) {
      out += static_cast<char>(high * 16 + low);
      i += 2;
    } else {
      out += plus_is_space && text[i] == '+' ? ' ' : text[i];
    }
  }
  return out;
}

std::optional<std::string> query_value(std::string_view target,
                                       std::string_view name) {
  std::optional<std::string> out;
  for_each_query_value(target,
                       [&](std::string_view key, std::string_view value) {
                         if (is_named(key, name))
                           out = percent_decoded(value, true);
                       });
  return out;
}

std::size_t count_query_values(std::string_view target, std::string_view name) {
  std::size_t out = 0;
  for_each_query_value(target, [&](std::string_view key, std::string_view) {
    out += is_named(key, name) ? 1 : 0;
  });
  return out;
}

} // namespace bridgekeeper::api
