#pragma once

#include "protocol/errc.hpp"

#include <array>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace bridgekeeper::actors {

/// The tokens that are let in. Holds digests, never the tokens themselves.
/// Immutable once built, so that threads share it without a lock; a change is a
/// new table.
class token_table {
public:
  token_table() = default;

  /// Blank tokens are left out.
  explicit token_table(const std::vector<std::string>& tokens);

  [[nodiscard]] bool empty() const noexcept {
    return digests_.empty();
  }

  [[nodiscard]] std::size_t size() const noexcept {
    return digests_.size();
  }

  /// Nothing where the token is one of ours, else `missing_token`,
  /// `invalid_token` or `auth_not_configured`. Takes the same time whichever
  /// token is right and however much of one is.
  [[nodiscard]] std::optional<protocol::errc>
  check(std::string_view token) const noexcept;

private:
  using digest = std::array<unsigned char, 32>;

  [[nodiscard]] static digest digest_of(std::string_view token) noexcept;

  std::vector<digest> digests_;
};

/// The tokens of a token file: one a line, blank lines and `#` comments aside
/// (contract section 5).
[[nodiscard]] std::vector<std::string> parse_token_file(std::string_view text);

} // namespace bridgekeeper::actors
