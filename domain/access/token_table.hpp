#pragma once

#include "domain/access/token_grant.hpp"
#include "domain/errc.hpp"
#include "domain/result.hpp"

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace bridgekeeper {

/// The accepted tokens. Holds digests, never the tokens themselves. Immutable
/// once built, so threads share it without a lock; every change builds a new
/// table.
class token_table {
public:
  token_table() = default;

  /// Ignores blank tokens. A token that is in both lists is plain.
  explicit token_table(const std::vector<std::string>& plain,
                       std::vector<token_grant> scoped = {});

  /// Takes the grants as they are. If two are for the same token, the first
  /// applies.
  [[nodiscard]] static token_table of(std::vector<token_grant> grants);

  /// Whether both tables accept the same tokens with the same rights.
  [[nodiscard]] bool is_same_as(const token_table& other) const;

  [[nodiscard]] bool empty() const noexcept {
    return grants_.empty();
  }

  [[nodiscard]] std::size_t size() const noexcept {
    return grants_.size();
  }

  /// The grant of `token`, or `missing_token`, `invalid_token` (also if it has
  /// expired) or `auth_not_configured`. The time taken does not depend on which
  /// token matches or on how much of one does.
  [[nodiscard]] result<token_grant_ptr> identify(std::string_view token,
                                                 timestamp now) const;

  /// The current version of a grant from an earlier table, or null if it was
  /// revoked or has expired. Plain grants are never revoked.
  [[nodiscard]] token_grant_ptr renew(const token_grant_ptr& earlier,
                                      timestamp now) const;

  /// Whether a token expires after `after` and no later than `until`.
  [[nodiscard]] bool any_expires(timestamp after,
                                 timestamp until) const noexcept;

private:
  std::vector<token_grant_ptr> grants_;
};

/// Appends the grant of the plain token `token`, without surrounding blanks. A
/// blank token adds nothing.
void add_plain_grant(std::vector<token_grant>& to, std::string_view token);

/// The tokens in a plain token file: one per line, ignoring blank lines and `#`
/// comments (contract section 5).
[[nodiscard]] std::vector<std::string> parse_token_file(std::string_view text);

} // namespace bridgekeeper
