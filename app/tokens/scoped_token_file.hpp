#pragma once

#include "domain/access/token_grant.hpp"
#include "domain/result.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace bridgekeeper::app {

// The file of scoped tokens, as described in docs/tokens.md. One token per
// line:
//
//   sha256:HEX  LABEL  SCOPE,SCOPE,…  [expires=TIME]

struct scoped_tokens {
  /// The tokens of the valid lines.
  std::vector<token_grant> grants;
  /// The errors of the other lines: `FILE:LINE: …`. They never quote text that
  /// could be a token.
  std::vector<std::string> errors;
};

/// Parses the whole file. A duplicate label or token is an error of the later
/// line. `name` is the name of the file in the errors.
[[nodiscard]] scoped_tokens parse_scoped_tokens(std::string_view text,
                                                const std::string& name);

/// Parses one line. The result is empty for a blank line or a comment.
[[nodiscard]] result<std::optional<token_grant>>
parse_token_line(std::string_view line);

/// Formats `x` as a line of the file, without the line feed.
[[nodiscard]] std::string to_token_line(const token_grant& x);

/// Formats only the third column: `bridge:build-*,read`.
[[nodiscard]] std::string to_scope_text(const token_grant& x);

/// Parses the third column into `out`. Returns an error message if the text is
/// invalid.
[[nodiscard]] std::optional<std::string> read_scopes(std::string_view text,
                                                     token_grant& out);

/// Whether `text` obeys `label_rule`. Labels are logged, so a token must not be
/// a valid label.
[[nodiscard]] bool is_token_label(std::string_view text) noexcept;

inline constexpr std::string_view label_rule =
    "a label has 1 to 64 letters, digits and ._@-, begins with a letter or "
    "digit, and does not begin with bk_, as tokens do";

/// 1 to 64 letters, digits, hyphens and `*?`.
[[nodiscard]] bool is_agent_pattern(std::string_view text) noexcept;

} // namespace bridgekeeper::app
