#pragma once

#include "actors/tell.hpp"
#include "domain/access/attempt_throttle.hpp"
#include "domain/access/token_table.hpp"

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace bridgekeeper::actors {

/// Checks the tokens that are presented at one of the daemon's gates. First
/// `take_turn`, then, once the turn has come, `identify`; each refusal is told
/// by `refuse`. The owner of a gate waits in its own way until the turn has
/// come, and decides what a valid token is good for. Created for one token, on
/// the thread of `Context`, which is anything that `tell` accepts and that has
/// a member `throttle`.
template <class Context>
class doorkeeper {
public:
  /// `context` and what `attempt` refers to must outlive the doorkeeper.
  /// `attempt` describes the attempt as if it were refused. The throttle counts
  /// it for the peer's address, or under `counted_as`.
  doorkeeper(Context& context, fact::token_refused attempt,
             std::string counted_as = {})
    : context_(context), attempt_(attempt), counted_as_(std::move(counted_as)) {
    if (counted_as_.empty())
      counted_as_ =
          throttled_address(attempt_.from.ip, attempt_.from.is_foreign_page);
  }

  /// Takes the turn of `token`, which is due after the delay. If too many
  /// tokens of that peer already wait, the refusal was told. The throttle's own
  /// limit on the delay applies unless there is a `longest_wait`.
  [[nodiscard]] attempt_throttle::turn
  take_turn(std::string_view token,
            std::optional<std::chrono::milliseconds> longest_wait = {}) {
    auto& throttle = *context_.throttle;
    auto out =
        longest_wait
            ? throttle.take_turn(counted_as_, token, attempt_.at, *longest_wait)
            : throttle.take_turn(counted_as_, token, attempt_.at);
    if (out.too_many)
      refuse({errc::too_many_attempts, {}});
    return out;
  }

  /// Compares `token`, whose turn has come, with the known ones. A wrong token
  /// counts as an attempt to guess one. A refusal is not told: see `refuse`.
  [[nodiscard]] result<token_grant_ptr>
  identify(std::string_view token, const token_table& known, timestamp now) {
    auto out = known.identify(token, now);
    if (!out && out.error().code == errc::invalid_token)
      context_.throttle->on_failure(counted_as_, token, attempt_.at);
    return out;
  }

  /// Tells that the token was refused.
  void refuse(const failure& why) {
    attempt_.why = why.code;
    attempt_.detail = why.detail;
    tell(context_, attempt_);
  }

private:
  Context& context_;
  fact::token_refused attempt_;
  std::string counted_as_;
};

/// The refusal of a token for something that needs `scope`; nothing if the
/// token has that scope.
[[nodiscard]] inline std::optional<failure>
missing_scope(const token_grant& grant, token_scope scope) {
  if (grant.scopes.covers(scope))
    return std::nullopt;
  return failure{errc::missing_scope,
                 "The token lacks the scope " + std::string{to_string(scope)}};
}

} // namespace bridgekeeper::actors
