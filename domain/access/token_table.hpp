#pragma once

#include "domain/access/token_grant.hpp"
#include "domain/errc.hpp"
#include "domain/result.hpp"

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace bridgekeeper {

/// The tokens that are let in. Holds digests, never the tokens themselves.
/// Immutable once built, so that threads share it without a lock; a change is a
/// new table.
class token_table {
public:
  token_table() = default;

  /// Blank tokens are left out. A token that stands in both lists is plain.
  explicit token_table(const std::vector<std::string>& plain,
                       std::vector<token_grant> scoped = {});

  /// Of grants as they are; where two are for one token, the first counts.
  [[nodiscard]] static token_table of(std::vector<token_grant> grants);

  /// Whether both let in the same tokens for the same things.
  [[nodiscard]] bool is_same_as(const token_table& other) const;

  [[nodiscard]] bool empty() const noexcept {
    return grants_.empty();
  }

  [[nodiscard]] std::size_t size() const noexcept {
    return grants_.size();
  }

  /// What the token stands for, else `missing_token`, `invalid_token` (also
  /// once it has expired) or `auth_not_configured`. Takes the same time
  /// whichever token is right and however much of one is.
  [[nodiscard]] result<token_grant_ptr> identify(std::string_view token,
                                                 timestamp now) const;

  /// What became of a grant of an earlier table: as it stands now, or null if
  /// it was revoked or has expired. A plain one stands.
  [[nodiscard]] token_grant_ptr renew(const token_grant_ptr& earlier,
                                      timestamp now) const;

  /// Whether a token expires after `after` and not later than `until`.
  [[nodiscard]] bool any_expires(timestamp after,
                                 timestamp until) const noexcept;

private:
  std::vector<token_grant_ptr> grants_;
};

/// Adds what the plain token `token` stands for; nothing for a blank one.
/// Blanks around it do not belong to it.
void add_plain_grant(std::vector<token_grant>& to, std::string_view token);

/// The tokens of a plain token file: one a line, blank lines and `#` comments
/// aside (contract section 5).
[[nodiscard]] std::vector<std::string> parse_token_file(std::string_view text);

} // namespace bridgekeeper
