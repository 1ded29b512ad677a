#include "api/authenticator.hpp"

#include "actors/tell.hpp"
#include "api/query.hpp"
#include "api/token_place.hpp"
#include "domain/keyed_hash.hpp"

#include <algorithm>
#include <string>
#include <utility>

namespace bridgekeeper::api {

namespace {

/// Paths in the log are cut off here.
constexpr std::size_t max_logged_path = 200;

/// The path without the query, which may contain a token.
std::string_view path_of(const net::http_request& x) {
  auto target = x.target();
  return target.substr(0, std::min(target.find('?'), max_logged_path));
}

fact::gate gate_of(bool is_upgrade) {
  return is_upgrade ? fact::gate::control_socket : fact::gate::http;
}

std::string throttled(const origin& x) {
  return throttled_address(x.ip, x.is_foreign_page);
}

/// Rejects a token that is sent twice: no one can tell which of the two a proxy
/// on the way has checked.
std::optional<failure> repeated_token(const net::http_request& x) {
  for (std::string_view name : {"Authorization", "X-Auth-Token"})
    if (x.header_count(name) > 1)
      return failure{errc::bad_request, "The request has more than one "
                                            + std::string{name} + " header"};
  if (count_query_values(x.target(), "token") > 1)
    return failure{errc::bad_request,
                   "The request has more than one token= in its query"};
  return std::nullopt;
}

} // namespace

bool authenticator::is_authorized(control_request& r,
                                  const net::http_request& x) {
  if (!r.match.row->scope)
    return false;
  auto token = find(x);
  r.login.is_body_declined =
      !token.is_trusted
      && context_.throttle->slows(throttled(r.from), token.text.str(),
                                  context_.deadlines.now());
  if (r.login.is_body_declined)
    return false;
  decide(r, x, token);
  return !r.login.refused;
}

authenticator::decision authenticator::admit(control_request& r,
                                             const net::http_request& x) {
  const auto& row = *r.match.row;
  if (!row.scope)
    return {};
  if (!is_current(r.login)) {
    auto token = find(x);
    if (auto turn = take_turn(r, x, token);
        turn.refused || turn.delay.count() > 0)
      return turn;
    decide(r, x, token);
  }
  if (r.login.who)
    r.from.token = r.login.who->label;
  auto where = gate_of(row.kind == request_kind::upgrade);
  if (r.login.refused) {
    gate(where, x, r.from).refuse(*r.login.refused);
    return {{}, r.login.refused};
  }
  if (row.kind == request_kind::query)
    ++context_.counts.polls;
  else
    tell(context_,
         fact::token_accepted{where, r.from, {x.method(), path_of(x)}});
  return {};
}

void authenticator::refuse(const control_request& r, const net::http_request& x,
                           const failure& why) {
  gate(gate_of(r.match.row->kind == request_kind::upgrade), x, r.from)
      .refuse(why);
}

bool authenticator::rejects_bridge(const origin& from,
                                   std::chrono::milliseconds time_limit) {
  auto now = context_.deadlines.now();
  if (!context_.throttle->is_full(throttled(from), now, time_limit))
    return false;
  tell(context_, fact::token_refused{fact::gate::bridge,
                                     errc::too_many_attempts, from, now});
  return true;
}

authenticator::presented_token
authenticator::find(const net::http_request& x) const {
  presented_token out{net::secret_text{
      find_token(x.header("authorization"), x.header("x-auth-token"),
                 x.target(), context_.control.query_tokens)}};
  const auto& token = out.text.str();
  out.is_trusted = trusted_by_ == context_.tokens && trusted_ && !token.empty()
                   && secret_fingerprint(token) == trusted_token_
                   && !trusted_->has_expired(context_.wall_clock());
  return out;
}

bool authenticator::is_current(const authentication& x) const {
  return x.by && x.by == context_.tokens
         && !(x.who && x.who->has_expired(context_.wall_clock()));
}

authenticator::decision authenticator::take_turn(control_request& r,
                                                 const net::http_request& x,
                                                 const presented_token& token) {
  auto& login = r.login;
  if (token.text.empty() || token.is_trusted || login.has_had_turn
      || repeated_token(x))
    return {};
  auto checks = gate(gate_of(x.is_websocket_upgrade()), x, r.from);
  attempt_throttle::turn turn;
  // The session did not read the large body, so the request cannot be repeated.
  if (login.is_body_declined && x.body().empty()) {
    turn.too_many = true;
    checks.refuse({errc::too_many_attempts, {}});
  } else
    turn = checks.take_turn(token.text.str());
  if (turn.too_many)
    return {{}, failure{errc::too_many_attempts, {}}};
  login.has_had_turn = turn.delay.count() > 0;
  return {turn.delay, {}};
}

void authenticator::decide(control_request& r, const net::http_request& x,
                           const presented_token& token) {
  auto& login = r.login;
  login.by = context_.tokens;
  login.who = nullptr;
  login.refused = check(login, r.from, x, token);
  if (!login.refused)
    login.refused = missing_scope(*login.who, *r.match.row->scope);
}

std::optional<failure> authenticator::check(authentication& login,
                                            const origin& from,
                                            const net::http_request& x,
                                            const presented_token& presented) {
  if (auto refused = repeated_token(x))
    return refused;
  if (!presented.is_trusted) {
    const auto& token = presented.text.str();
    auto found = gate(fact::gate::http, x, from)
                     .identify(token, *context_.tokens, context_.wall_clock());
    if (!found) {
      auto why = found.error().code;
      if (why == errc::missing_token && !context_.control.query_tokens
          && query_value(x.target(), "token"))
        return failure{why, "Tokens in the query are not accepted "
                            "(auth.query_tokens): send the token in the header "
                            "Authorization: Bearer"};
      return found.error();
    }
    trusted_token_ = secret_fingerprint(token);
    trusted_ = *found;
    trusted_by_ = context_.tokens;
    session_.keep_place();
  }
  login.who = trusted_;
  return std::nullopt;
}

doorkeeper<thread_context> authenticator::gate(fact::gate where,
                                               const net::http_request& x,
                                               const origin& from) {
  return {context_, fact::token_refused{.where = where,
                                        .from = from,
                                        .at = context_.deadlines.now(),
                                        .what = {x.method(), path_of(x)}}};
}

} // namespace bridgekeeper::api
