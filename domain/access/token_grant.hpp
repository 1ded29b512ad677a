#pragma once

#include "domain/ids.hpp"
#include "domain/sha256.hpp"
#include "domain/timestamp.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace bridgekeeper {

/// What a token may be used for.
enum class token_scope : std::uint8_t {
  /// Register a bridge.
  bridge = 1,
  /// Dispatch, and everything that `read` allows.
  control = 2,
  /// Read lists, records and event streams.
  read = 4,
  /// Attach to the console, and everything that `control` allows. Does not
  /// include `bridge`: an operator does not need to act as an agent.
  admin = 8,
};

/// The name used in files and in output: `bridge`, `control`, `read`, `admin`.
[[nodiscard]] std::string_view to_string(token_scope x) noexcept;

/// The scopes granted to a token.
class scope_set {
public:
  constexpr void add(token_scope x) noexcept {
    bits_ |= static_cast<unsigned>(x);
  }

  /// Whether `x` was granted directly.
  [[nodiscard]] constexpr bool holds(token_scope x) const noexcept {
    return (bits_ & static_cast<unsigned>(x)) != 0;
  }

  /// Whether `x` was granted directly or is implied by another granted scope.
  [[nodiscard]] constexpr bool covers(token_scope x) const noexcept {
    if (holds(x))
      return true;
    switch (x) {
    case token_scope::read:
      return covers(token_scope::control);
    case token_scope::control:
      return holds(token_scope::admin);
    case token_scope::bridge:
    case token_scope::admin:
      break;
    }
    return false;
  }

  [[nodiscard]] constexpr bool empty() const noexcept {
    return bits_ == 0;
  }

  friend constexpr bool operator==(scope_set, scope_set) noexcept = default;

  [[nodiscard]] static constexpr scope_set all() noexcept {
    scope_set out;
    for (auto x : {token_scope::bridge, token_scope::control, token_scope::read,
                   token_scope::admin})
      out.add(x);
    return out;
  }

private:
  unsigned bits_ = 0;
};

/// Prefix of the tokens that Bridgekeeper generates, so that people and secret
/// scanners recognize them.
inline constexpr std::string_view token_prefix = "bk_";

using token_digest = sha256_digest;

[[nodiscard]] token_digest digest_of(std::string_view token) noexcept;

/// The rights of a token, without the token itself.
struct token_grant {
  /// Identifies the token in the token file, the audit log and lists.
  std::string label;
  token_digest digest{};
  scope_set scopes;
  /// Pattern for the agent ids under which a bridge may register: `*` matches
  /// any number of characters, `?` exactly one.
  std::string agents = "*";
  /// From this time on the token is treated as unknown; unset: never.
  std::optional<timestamp> expires;
  /// Configured in plain text and valid for everything, like the tokens of the
  /// reference server. Checked only when a connection authenticates: removing
  /// the token does not end existing connections.
  bool plain = false;

  [[nodiscard]] bool has_expired(timestamp now) const noexcept {
    return expires && *expires <= now;
  }

  friend bool operator==(const token_grant&, const token_grant&) = default;

  /// Whether a bridge may register as `agent` with this token.
  [[nodiscard]] bool admits(const agent_id& agent) const noexcept;
};

/// Shared by all connections that authenticated with the token.
using token_grant_ptr = std::shared_ptr<const token_grant>;

/// Label of all plain tokens. No label in a token file can be equal to it.
inline constexpr std::string_view plain_token_label = "(plain)";

/// Close reason (with code 4005) of a WebSocket whose token is invalid or has
/// become invalid (contract section 1).
inline constexpr std::string_view invalid_token_text =
    "Authentication failed: invalid token";

/// Whether `text` matches the pattern `shape`.
[[nodiscard]] bool fits_pattern(std::string_view text,
                                std::string_view shape) noexcept;

} // namespace bridgekeeper
