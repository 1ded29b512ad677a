#include "api/token_place.hpp"

#include "api/query.hpp"

#include <algorithm>
#include <cctype>

namespace bridgekeeper::api {

namespace {

bool equal_ignoring_case(std::string_view x, std::string_view y) {
  return std::equal(x.begin(), x.end(), y.begin(), y.end(),
                    [](unsigned char a, unsigned char b) {
                      return std::tolower(a) == std::tolower(b);
                    });
}

} // namespace

std::string find_token(std::string_view authorization,
                       std::string_view x_auth_token, std::string_view target,
                       bool from_query) {
  constexpr std::string_view scheme = "bearer";
  auto space = authorization.find(' ');
  if (space != std::string_view::npos
      && equal_ignoring_case(authorization.substr(0, space), scheme)) {
    auto token = authorization.substr(space + 1);
    auto first = token.find_first_not_of(' ');
    if (first != std::string_view::npos)
      return std::string{token.substr(first)};
  }
  if (!x_auth_token.empty())
    return std::string{x_auth_token};
  if (!from_query)
    return {};
  return query_value(target, "token").value_or(std::string{});
}

} // namespace bridgekeeper::api
