#include "api/control_session.hpp"

#include "actors/agent.hpp"
#include "actors/caf_compat.hpp"
#include "actors/session_ports.hpp"
#include "api/control_answers.hpp"
#include "api/control_channel.hpp"
#include "api/dispatching.hpp"
#include "api/dropped_reader.hpp"
#include "api/query.hpp"
#include "api/token_place.hpp"
#include "domain/dispatch_record.hpp"
#include "domain/keyed_hash.hpp"
#include "net/error_boundary.hpp"
#include "net/local_peer.hpp"
#include "net/log_line.hpp"
#include "protocol/control_codec.hpp"
#include "protocol/record_json.hpp"

#include <algorithm>
#include <charconv>
#include <deque>
#include <memory>
#include <utility>

namespace bridgekeeper::api {

namespace {

using route_outcome = route_match::outcome;

/// The owner of an HTTP session is an actor.
class http_port : public net::http_owner {
public:
  using actor_type = control_session_state::self_type;

  explicit http_port(actor_type* actor) : keep_(actor->ctrl()), actor_(actor) {}

  void on_request(const net::http_request& request) override {
    actor_->handle_now(request_atom_v, request_view{&request});
  }

  [[nodiscard]] bool wants_body(const net::http_request& request) override {
    return actor_->state.wants_body(request);
  }

  void decorate(const net::http_request& request,
                net::http_response& answer) override {
    actor_->state.decorate(request, answer);
  }

  void on_writable() override {
    actor_->handle_now(writable_atom_v);
  }

  void on_end(const net::session_end& end) override {
    actor_->handle_now(ended_atom_v, end);
  }

private:
  caf::strong_actor_ptr keep_;
  actor_type* actor_;
};

/// Of a path that nobody knows, a log needs no more.
constexpr std::size_t max_logged_path = 200;

/// What was asked for, without the query, which may have a token.
std::string_view path_of(const net::http_request& request) {
  auto target = request.target();
  return target.substr(0, std::min(target.find('?'), max_logged_path));
}

audit_gate gate_of(const route_row& x) {
  return x.kind == request_kind::upgrade ? audit_gate::control_socket
                                         : audit_gate::http;
}

std::string throttled(const origin& x) {
  return throttled_address(x.ip, x.is_foreign_page);
}

/// A token that is given twice: which of the two a proxy in front has looked at
/// cannot be known.
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

/// A bridge that has not registered yet may not send much.
net::websocket_options strangers_options(const thread_context& context) {
  auto options = context.agent.session;
  options.max_frame = std::min(options.max_frame, max_registration_frame);
  options.budget = context.first_frames;
  return options;
}

} // namespace

control_session_state::~control_session_state() {
  net::contain("the end of a control session", [this] {
    if (session)
      session->abandon();
  });
}

void control_session_state::start(self_type* actor, thread_context& shared,
                                  std::shared_ptr<net::http_session> http) {
  context = &shared;
  session = std::move(http);
  deadline = std::make_unique<net::deadline>(shared.deadlines,
                                             telling(actor, due_atom_v));
  residence = std::make_unique<resident_port<self_type>>(actor);
  shared.clients.push_back(*residence);
  if (auto why = shared.clients.dismissed)
    self->send(actor, leave_atom_v, *why);
  session->start(std::make_unique<http_port>(actor));
}

control_session_actor::behavior_type control_session_state::make_behavior() {
  return {
      [this](accepted_atom, const message_id& id) { on_accepted(id); },
      [](progress_atom, const std::shared_ptr<const progress>&) {
        // Whoever wants progress follows events, or speaks over /ws/control.
      },
      [this](event_atom, const event_ptr& x) { on_event(x); },
      [this](history_atom, past_events& past) { on_history(std::move(past)); },
      [this](request_atom, request_view x) { on_request(*x.request); },
      [this](writable_atom) { flush_stream(); },
      [this](ended_atom, const net::session_end& end) { on_end(end); },
      [this](due_atom) { on_due(); },
      [this](resubmit_atom, const dispatch_order_ptr& order, unsigned attempt) {
        submit_order(order, attempt);
      },
      [this](tokens_atom) { on_tokens_changed(); },
      [this](core_atom) { on_core_replaced(); },
      [this](leave_atom, errc) { self->quit(); },
  };
}

// -- requests -----------------------------------------------------------------

void control_session_state::on_request(const net::http_request& request) {
  if (!has_had_turn)
    ++context->counts.http_requests;
  auto known = std::exchange(seen_header, std::nullopt);
  who = nullptr;
  page = request.header("origin");
  if (!known)
    from = origin_of(request);
  note_forwarding(request);
  if (cors_policy::is_preflight(request))
    return answer(context->control.cors.preflight_answer(request));
  auto match = known ? std::move(known->match)
                     : find_route(request.method(), request.target());
  if (match.is_found() && match.row->kind == request_kind::upgrade
      && !request.is_websocket_upgrade())
    return answer(websocket_only_answer());
  if (match.result == route_outcome::moved)
    return answer(moved_answer(std::move(match.location)));
  if (match.result == route_outcome::unknown)
    return answer(error_answer({errc::unknown_route, {}}));
  if (match.result == route_outcome::wrong_method) {
    auto refusal = error_answer({errc::method_not_allowed, {}});
    refusal.headers.emplace_back("allow", match.allowed);
    return answer(std::move(refusal));
  }
  const auto& row = *match.row;
  if (row.kind == request_kind::dispatch)
    rated.emplace();
  if (known && is_still_good(*known)) {
    who = std::move(known->who);
    from.token = who->label;
    note_entry(row, request);
  } else if (auto scope = row.scope) {
    auto token = look_at_token(request);
    if (!std::exchange(has_had_turn, false) && waits_for_turn(request, token))
      return;
    auto refused = check_token(request, token, *scope);
    if (who)
      from.token = who->label;
    if (refused) {
      context->audit.auth_failure(gate_of(row), refused->code, from,
                                  context->deadlines.now(), {},
                                  {request.method(), path_of(request)});
      log_refusal(request, *refused);
      return answer(error_answer(*refused));
    }
    note_entry(row, request);
  }
  on_route(match, request);
}

void control_session_state::decorate(const net::http_request& request,
                                     net::http_response& refusal) const {
  auto match = find_route(request.method(), request.target());
  if (match.is_found() && match.row->kind == request_kind::dispatch)
    add_rates(refusal, context->admissions->rates({}, origin_of(request).ip,
                                                  context->deadlines.now()));
  context->control.cors.decorate(refusal, request.header("origin"));
}

bool control_session_state::wants_body(const net::http_request& request) {
  seen_header.reset();
  auto match = find_route(request.method(), request.target());
  if (!match.is_found() || request.method() != "POST")
    return false;
  auto scope = match.row->scope;
  from = origin_of(request);
  auto token = look_at_token(request);
  is_body_declined =
      scope && !token.is_trusted
      && context->throttle->slows(throttled(from), token.text.str(),
                                  context->deadlines.now());
  if (!scope || is_body_declined || check_token(request, token, *scope))
    return false;
  seen_header = request_header{std::move(match), who, context->tokens};
  return true;
}

/// Tokens may change while the body comes.
bool control_session_state::is_still_good(const request_header& x) const {
  return x.by == context->tokens && !x.who->has_expired(context->wall_clock());
}

std::optional<failure>
control_session_state::check_token(const net::http_request& request,
                                   const presented_token& presented,
                                   token_scope needed) {
  if (auto refused = repeated_token(request))
    return refused;
  if (!presented.is_trusted) {
    const auto& token = presented.text.str();
    auto found = context->tokens->identify(token, context->wall_clock());
    if (!found) {
      auto why = found.error().code;
      if (why == errc::missing_token && !context->control.query_tokens
          && query_value(request.target(), "token"))
        return failure{why, "Tokens in the query are not accepted "
                            "(auth.query_tokens): send the token in the header "
                            "Authorization: Bearer"};
      if (why == errc::invalid_token)
        context->throttle->on_failure(throttled(from), token,
                                      context->deadlines.now());
      return found.error();
    }
    trusted_token = secret_fingerprint(token);
    trusted = *found;
    trusted_by = context->tokens;
    session->keep_place();
  }
  who = trusted;
  if (!who->scopes.covers(needed))
    return failure{errc::missing_scope, "The token lacks the scope "
                                            + std::string{to_string(needed)}};
  return std::nullopt;
}

bool control_session_state::waits_for_turn(const net::http_request& request,
                                           const presented_token& presented) {
  const auto& token = presented.text.str();
  auto declined = std::exchange(is_body_declined, false);
  if (token.empty() || presented.is_trusted || repeated_token(request))
    return false;
  // A large body was left unread, so the request cannot come again.
  if (declined && request.body().empty()) {
    turn_away(request);
    return true;
  }
  auto turn = context->throttle->take_turn(throttled(from), token,
                                           context->deadlines.now());
  if (turn.too_many) {
    turn_away(request);
    return true;
  }
  if (turn.delay == std::chrono::milliseconds{0})
    return false;
  is_waiting_for_turn = true;
  session->keep_request();
  deadline->arm(turn.delay);
  return true;
}

control_session_state::presented_token
control_session_state::look_at_token(const net::http_request& request) const {
  presented_token out{net::secret_text{find_token(
      request.header("authorization"), request.header("x-auth-token"),
      request.target(), context->control.query_tokens)}};
  out.is_trusted = is_trusted(out.text.str());
  return out;
}

bool control_session_state::is_trusted(std::string_view token) const {
  return trusted_by == context->tokens && trusted && !token.empty()
         && secret_fingerprint(token) == trusted_token
         && !trusted->has_expired(context->wall_clock());
}

void control_session_state::note_entry(const route_row& where,
                                       const net::http_request& request) {
  if (where.kind == request_kind::query)
    ++context->counts.polls;
  else
    context->audit.auth_success(gate_of(where), from,
                                {request.method(), path_of(request)});
}

void control_session_state::note_forwarding(
    const net::http_request& request) const {
  const auto& control = context->control;
  if (control.forwarding_told->load(std::memory_order_relaxed)
      || control.proxies->trusts(request.peer_ip()))
    return;
  for (std::string_view header :
       {"X-Forwarded-For", "Forwarded", "X-Real-IP"}) {
    if (request.header(header).empty()
        || control.forwarding_told->exchange(true))
      continue;
    net::log_line(
        spdlog::level::warn, {.peer = request.peer_ip()},
        "{} sends the header {}, which is ignored because the address "
        "is not in server.trusted_proxies (logged once)",
        request.peer_ip(), header);
  }
}

origin
control_session_state::origin_of(const net::http_request& request) const {
  const auto& proxies = *context->control.proxies;
  // A socket file has no address; a process on the other side of it names the
  // client, if it is a proxy.
  auto ip = proxies.trusts_nobody() && !net::is_local_peer(request.peer_ip())
                ? request.peer_ip()
                : proxies.client_of(request.peer_ip(),
                                    request.header_list("x-forwarded-for"));
  return {std::move(ip), {}, context->control.cors.is_foreign(request)};
}

void control_session_state::log_refusal(const net::http_request& request,
                                        const failure& why) {
  if (!may_log(*context, from.ip, "http", token(why.code)))
    return;
  auto of_token = from.token.empty() ? "" : " (token " + from.token + ")";
  net::log_line(spdlog::level::warn,
                {.reason = token(why.code), .peer = from.ip},
                "{} {} rejected: {}{}", request.method(), path_of(request),
                to_string(why), of_token);
}

void control_session_state::turn_bridge_away(errc why) {
  if (may_log(*context, from.ip, "bridge", token(why)))
    net::log_line(spdlog::level::warn, {.reason = token(why), .peer = from.ip},
                  "a bridge was rejected: {}", sentence(why));
  if (why == errc::too_many_attempts)
    context->audit.auth_failure(audit_gate::bridge, why, from,
                                context->deadlines.now());
  auto refusal = error_answer({why, {}});
  refusal.is_last = why == errc::too_many_attempts;
  answer(std::move(refusal));
}

void control_session_state::turn_away(const net::http_request& request) {
  auto where = request.is_websocket_upgrade() ? audit_gate::control_socket
                                              : audit_gate::http;
  context->audit.auth_failure(where, errc::too_many_attempts, from,
                              context->deadlines.now());
  log_refusal(request, {errc::too_many_attempts, {}});
  auto refusal = error_answer({errc::too_many_attempts, {}});
  refusal.is_last = true;
  answer(std::move(refusal));
}

void control_session_state::on_due() {
  if (std::exchange(is_waiting_for_turn, false)) {
    has_had_turn = true;
    session->repeat_request();
  } else if (stream)
    keep_stream_alive();
  else if (late_answer)
    answer(late_answer());
  else
    on_wait_over();
}

void control_session_state::on_tokens_changed() {
  // Whatever else is under way was allowed when it began.
  if (!stream || !who)
    return;
  who = context->tokens->renew(who, context->wall_clock());
  if (who && who->scopes.covers(token_scope::read))
    return;
  std::ignore =
      session->write_stream(event_stream_end_text({errc::invalid_token, {}}));
  self->quit();
}

void control_session_state::on_route(const route_match& match,
                                     const net::http_request& request) {
  switch (match.row->where) {
  case route::server:
    return answer(server_answer());
  case route::health:
    return answer(health_answer());
  case route::live:
    return answer(well_answer());
  case route::ready:
    return show_readiness();
  case route::bridge_socket:
  case route::control_socket:
    return upgrade(match.row->where);
  case route::bridge_status:
    return list_agents(&bridge_status_body);
  case route::list_agents:
    return list_agents(request);
  case route::register_agent:
    return register_agent(request);
  case route::show_dispatch:
    return show_dispatch(message_id{match.parameter});
  case route::open_session:
    return open_session();
  case route::show_context:
    return answer(context_answer(*context->control_session,
                                 context->admissions->costs(wall_clock_now())));
  case route::reset_costs:
    return reset_costs();
  case route::follow_session:
  case route::filter_session:
    return on_session_route(match.row->where, session_id{match.parameter},
                            request);
  case route::dispatch:
  case route::follow_up:
  case route::show_agent:
  case route::forget_agent:
  case route::show_task:
  case route::follow_events:
    break;
  }
  on_agent_route(match.row->where, agent_id{match.parameter}, request);
}

void control_session_state::on_agent_route(route where, agent_id id,
                                           const net::http_request& request) {
  // These look at their body before they look at the id (contract section 2).
  if (where == route::dispatch)
    return dispatch(std::move(id), request);
  if (where == route::follow_up)
    return follow_up(std::move(id), request);
  if (!is_valid_agent_id(id.str()))
    return answer(error_answer({errc::invalid_agent_id, {}}));
  if (where == route::show_agent)
    show_agent(std::move(id));
  else if (where == route::forget_agent)
    forget_agent(std::move(id));
  else if (where == route::show_task)
    show_task(std::move(id));
  else
    follow_events(std::move(id), request);
}

void control_session_state::on_session_route(route where, session_id id,
                                             const net::http_request& request) {
  if (where == route::follow_session)
    follow_session(std::move(id), request);
  else
    filter_session(std::move(id), request);
}

void control_session_state::upgrade(route where) {
  // Only refusals at the upgrade make a stock bridge try again (contract
  // section 1).
  if (context->draining && where == route::bridge_socket)
    return turn_bridge_away(errc::draining);
  if (context->draining)
    return answer(error_answer({errc::draining, {}}));
  auto& system = self->home_system();
  if (where == route::control_socket) {
    auto options = context->control.session;
    options.output = context->output;
    spawn_on(system, context->home, control_channel, context,
             session->upgrade(options), from, who);
    return self->quit();
  }
  // A bridge that is refused here comes again; once it is connected, it would
  // give up for good.
  if (context->throttle->is_full(throttled(from), context->deadlines.now(),
                                 registration_patience))
    return turn_bridge_away(errc::too_many_attempts);
  std::shared_ptr<net::connection_ledger::place> place =
      context->ledger->try_enter(from.ip, from.is_foreign_page);
  if (!place)
    return turn_bridge_away(errc::too_many_connections);
  session->share_place(*place);
  spawn_on(system, context->home, agent, context,
           session->upgrade(strangers_options(*context)), std::move(place),
           from);
  self->quit();
}

void control_session_state::on_core_replaced() {
  if (stream) {
    stream->feed.on_new_hub();
    flush_stream();
  }
  if (auto put = question)
    put();
}

void control_session_state::on_end(const net::session_end& end) {
  if (stream && count_dropped_reader(context->counts, end.reason))
    if (auto held_back =
            context->dropped_readers.admit(context->deadlines.now()))
      net::log_line(spdlog::level::warn,
                    {.reason = token(end.reason), .peer = from.ip},
                    "a reader of the event stream {} (token {}) was dropped: "
                    "{}; {}{}",
                    stream->feed.which().id, from.token, sentence(end.reason),
                    end.detail, and_more(*held_back));
  self->quit();
}

void control_session_state::answer(net::http_response response) {
  settle(response);
  session->respond(std::move(response));
}

void control_session_state::answer_in_parts(net::http_response response,
                                            answer_body body) {
  auto first = body.parts();
  auto second = first ? body.parts() : std::nullopt;
  if (!second && (!first || first->size() <= part_cost)) {
    if (first)
      response.body = whole_text(*first);
    return answer(std::move(response));
  }
  auto place =
      context->answers->admit(who ? who->label : std::string{}, body.load);
  if (!place) {
    auto refusal = error_answer(place.error());
    if (!body.location.empty())
      refusal.headers.emplace_back("location", std::move(body.location));
    return answer(std::move(refusal));
  }
  std::deque<net::stream_text> made;
  made.push_back(std::move(*first));
  if (second)
    made.push_back(std::move(*second));
  settle(response);
  session->respond_in_parts(
      std::move(response),
      [made = std::make_shared<std::deque<net::stream_text>>(std::move(made)),
       parts = std::move(body.parts),
       place = *place]() -> std::optional<net::stream_text> {
        if (made->empty())
          return parts();
        std::optional out{std::move(made->front())};
        made->pop_front();
        return out;
      });
}

void control_session_state::answer_record(net::http_response response,
                                          dispatch_record record) {
  // Most results are short.
  if (footprint(record) <= part_size) {
    response.body = protocol::encode(record);
    return answer(std::move(response));
  }
  answer_in_parts(std::move(response), record_body(std::move(record)));
}

void control_session_state::settle(net::http_response& response) {
  waiting.reset();
  question = nullptr;
  late_answer = nullptr;
  deadline->disarm();
  if (auto agent = std::exchange(rated, std::nullopt))
    add_rates(response, context->admissions->rates(*agent, from.ip,
                                                   context->deadlines.now()));
  context->control.cors.decorate(response, page);
}

void control_session_state::answer_failure(const caf::error& error) {
  answer(error_answer(to_failure(error)));
}

control_session_actor::behavior_type
control_session(control_session_state::self_type* self, thread_context* context,
                std::shared_ptr<net::http_session> session) {
  self->enrol(context->people, context->home != nullptr
                                   ? std::optional{context->index}
                                   : std::nullopt);
  self->state.start(self, *context, std::move(session));
  return self->state.make_behavior();
}

} // namespace bridgekeeper::api
