#pragma once

#include "actors/doorkeeper.hpp"
#include "api/request.hpp"
#include "domain/facts.hpp"
#include "net/secret_text.hpp"

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>

namespace bridgekeeper::api {

/// Authorizes the requests of one HTTP connection, including upgrades: finds
/// the token, makes it wait while its address is in penalty, compares it, and
/// audits the result once per request. The token is looked at once: if a body
/// follows, when the header has arrived, and otherwise with the request.
class authenticator {
public:
  /// Both must outlive the authenticator.
  authenticator(thread_context& context, net::http_session& session)
    : context_(context), session_(session) {}

  /// The result for a request: authorized if there is neither a delay nor a
  /// failure.
  struct decision {
    /// The token's turn comes after this time: call `admit` again then.
    std::chrono::milliseconds delay{0};
    /// Audited and logged. After `too_many_attempts` the connection must end.
    std::optional<failure> refused;
  };

  /// Whether `r` is authorized, before its body has arrived. Audits nothing:
  /// `admit` follows.
  [[nodiscard]] bool is_authorized(control_request& r,
                                   const net::http_request& x);

  /// Authorizes `r`, whose route was found, and names its token in `r.from`.
  [[nodiscard]] decision admit(control_request& r, const net::http_request& x);

  /// Tells that the token of `r`, which was admitted, does not cover what the
  /// request names.
  void refuse(const control_request& r, const net::http_request& x,
              const failure& why);

  /// Whether so many tokens of that address wait for their turn that the token
  /// of a bridge could not be checked within `time_limit`. Audited if so.
  [[nodiscard]] bool rejects_bridge(const origin& from,
                                    std::chrono::milliseconds time_limit);

private:
  struct presented_token {
    net::secret_text text;
    /// The last token that was accepted on this connection, and still valid.
    bool is_trusted = false;
  };

  [[nodiscard]] presented_token find(const net::http_request& x) const;
  /// Whether the decision about the header still applies: tokens may change
  /// while the body arrives.
  [[nodiscard]] bool is_current(const authentication& login) const;
  [[nodiscard]] decision take_turn(control_request& r,
                                   const net::http_request& x,
                                   const presented_token& token);
  void decide(control_request& r, const net::http_request& x,
              const presented_token& token);
  [[nodiscard]] std::optional<failure> check(authentication& login,
                                             const origin& from,
                                             const net::http_request& x,
                                             const presented_token& token);
  /// The checks of the token of `x`.
  [[nodiscard]] actors::doorkeeper<thread_context>
  gate(fact::gate where, const net::http_request& x, const origin& from);

  thread_context& context_;
  net::http_session& session_;
  /// The fingerprint of the last token that was accepted, and its grant: later
  /// requests with this token cost no SHA-256, and the token itself is not
  /// kept. Void when the table changes.
  std::uint64_t trusted_token_ = 0;
  token_grant_ptr trusted_;
  std::shared_ptr<const token_table> trusted_by_;
};

} // namespace bridgekeeper::api
