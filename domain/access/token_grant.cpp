#include "domain/access/token_grant.hpp"

namespace bridgekeeper {

std::string_view to_string(token_scope x) noexcept {
  switch (x) {
  case token_scope::bridge:
    return "bridge";
  case token_scope::control:
    return "control";
  case token_scope::read:
    return "read";
  case token_scope::admin:
    return "admin";
  }
  return "";
}

token_digest digest_of(std::string_view token) noexcept {
  return sha256(token);
}

bool token_grant::admits(const agent_id& agent) const noexcept {
  return scopes.covers(token_scope::bridge)
         && fits_pattern(agent.str(), agents);
}

bool fits_pattern(std::string_view text, std::string_view shape) noexcept {
  constexpr auto none = std::string_view::npos;
  std::size_t at = 0;
  std::size_t in_shape = 0;
  // Backtracking only to the last star is enough: if an earlier star consumed
  // more, less text would be left for the later one to match.
  auto star = none;
  std::size_t taken = 0;
  while (at < text.size()) {
    if (in_shape < shape.size() && shape[in_shape] == '*') {
      star = in_shape++;
      taken = at;
    } else if (in_shape < shape.size()
               && (shape[in_shape] == '?' || shape[in_shape] == text[at])) {
      ++in_shape;
      ++at;
    } else if (star != none) {
      in_shape = star + 1;
      at = ++taken;
    } else {
      return false;
    }
  }
  return shape.find_first_not_of('*', in_shape) == none;
}

} // namespace bridgekeeper
