#pragma once

#include "actors/fixture.hpp"

#include <memory>
#include <string>
#include <vector>

namespace bridgekeeper::test {

/// A scoped token whose secret is `secret-LABEL`.
[[nodiscard]] inline token_grant scoped(const std::string& label,
                                        std::vector<token_scope> scopes) {
  token_grant out;
  out.label = label;
  out.digest = digest_of("secret-" + label);
  for (auto x : scopes)
    out.scopes.add(x);
  return out;
}

/// Replaces all tokens of the world but the plain one, as the daemon does when
/// their file has changed.
inline void set_tokens(world& where, std::vector<token_grant> grants) {
  replace_tokens(where.context(),
                 std::make_shared<const token_table>(
                     std::vector<std::string>{test_token}, std::move(grants)));
  where.run();
}

} // namespace bridgekeeper::test
