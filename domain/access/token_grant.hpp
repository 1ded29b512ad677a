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
  /// To register a bridge.
  bridge = 1,
  /// To dispatch, and all that `read` may do.
  control = 2,
  /// To look: lists, records, event streams.
  read = 4,
  /// To attach to the console, and all that `control` may do. Not `bridge`: who
  /// operates the daemon has no need to pass for an agent.
  admin = 8,
};

/// `bridge`, `control`, `read`, `admin`: how files and people name it.
[[nodiscard]] std::string_view to_string(token_scope x) noexcept;

/// The scopes a token was given.
class scope_set {
public:
  constexpr void add(token_scope x) noexcept {
    bits_ |= static_cast<unsigned>(x);
  }

  /// Whether it was given itself.
  [[nodiscard]] constexpr bool holds(token_scope x) const noexcept {
    return (bits_ & static_cast<unsigned>(x)) != 0;
  }

  /// Whether it was given, or follows from one that was.
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

/// How tokens that Bridgekeeper makes begin, so that people and scanners of
/// source code know one when they see it.
inline constexpr std::string_view token_prefix = "bk_";

/// SHA-256 of a token.
using token_digest = sha256_digest;

[[nodiscard]] token_digest digest_of(std::string_view token) noexcept;

/// What a token stands for, without the token itself.
struct token_grant {
  /// Names the token to people: in the token file, the audit log, lists.
  std::string label;
  token_digest digest{};
  scope_set scopes;
  /// The agent ids a bridge may register under: `*` stands for any number of
  /// characters, `?` for one.
  std::string agents = "*";
  /// From then on it is as good as unknown; nothing: never.
  std::optional<timestamp> expires;
  /// Configured as it is and good for everything, as the reference's tokens
  /// are. Asked for at the door alone: who is in stays in when it goes.
  bool plain = false;

  [[nodiscard]] bool has_expired(timestamp now) const noexcept {
    return expires && *expires <= now;
  }

  friend bool operator==(const token_grant&, const token_grant&) = default;

  /// Whether a bridge may register as `agent` with it.
  [[nodiscard]] bool admits(const agent_id& agent) const noexcept;
};

/// Shared by all who were let in with the token.
using token_grant_ptr = std::shared_ptr<const token_grant>;

/// What plain tokens are called. No label of a token file can be the same.
inline constexpr std::string_view plain_token_label = "(plain)";

/// What a WebSocket is closed with (4005) whose token is not good, or not any
/// more (contract section 1).
inline constexpr std::string_view invalid_token_text =
    "Authentication failed: invalid token";

/// Whether `text` fits the pattern `shape`.
[[nodiscard]] bool fits_pattern(std::string_view text,
                                std::string_view shape) noexcept;

} // namespace bridgekeeper
