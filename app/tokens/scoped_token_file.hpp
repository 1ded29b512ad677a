#pragma once

#include "domain/access/token_grant.hpp"
#include "domain/result.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace bridgekeeper::app {

// The file of scoped tokens, as docs/tokens.md describes it. One token a line:
//
//   sha256:HEX  LABEL  SCOPE,SCOPE,…  [expires=TIME]

struct scoped_tokens {
  /// Of the lines that are right.
  std::vector<token_grant> grants;
  /// What is wrong with the others: `FILE:LINE: …`. Never quotes what could be
  /// a token.
  std::vector<std::string> errors;
};

/// Reads the whole file. A label or a token that stands twice is an error of
/// the later line. `name` is for the errors.
[[nodiscard]] scoped_tokens parse_scoped_tokens(std::string_view text,
                                                const std::string& name);

/// Reads one line; nothing in it for a blank one or a comment.
[[nodiscard]] result<std::optional<token_grant>>
parse_token_line(std::string_view line);

/// A line that reads as `x`, without its end.
[[nodiscard]] std::string to_token_line(const token_grant& x);

/// The third column alone: `bridge:build-*,read`.
[[nodiscard]] std::string to_scope_text(const token_grant& x);

/// Reads the third column into `out`; what is wrong with it, if anything.
[[nodiscard]] std::optional<std::string> read_scopes(std::string_view text,
                                                     token_grant& out);

/// See `label_rule`: labels are logged, so no token can be one.
[[nodiscard]] bool is_token_label(std::string_view text) noexcept;

inline constexpr std::string_view label_rule =
    "a label is 1 to 64 letters, digits and ._@-, begins with a letter or "
    "digit, and not with bk_ as tokens do";

/// 1 to 64 letters, digits, hyphens and `*?`.
[[nodiscard]] bool is_agent_pattern(std::string_view text) noexcept;

} // namespace bridgekeeper::app
