#include "actors/control/control_session.hpp"

#include "actors/agent.hpp"
#include "actors/caf_compat.hpp"
#include "actors/control/control_answers.hpp"
#include "actors/control/control_channel.hpp"
#include "actors/control/dispatching.hpp"
#include "actors/session_ports.hpp"
#include "protocol/control_codec.hpp"
#include "protocol/dispatch_record.hpp"

#include <openssl/crypto.h>

#include <algorithm>
#include <charconv>
#include <utility>

namespace bridgekeeper::actors {

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

/// `?wait=SECONDS`: nothing if absent, an error if it is no such number.
protocol::result<std::optional<std::chrono::milliseconds>>
find_wait(std::string_view target) {
  auto text = query_value(target, "wait");
  if (!text)
    return std::optional<std::chrono::milliseconds>{};
  auto seconds = -1.0;
  auto last = text->data() + text->size();
  auto [end, error] = std::from_chars(text->data(), last, seconds);
  auto limit = std::chrono::duration<double>{protocol::max_dispatch_timeout};
  if (error != std::errc{} || end != last || !(seconds >= 0)
      || seconds > limit.count())
    return failure{errc::invalid_message, "wait: expected a number of seconds",
                   "wait", "float_parsing"};
  return std::optional{std::chrono::ceil<std::chrono::milliseconds>(
      std::chrono::duration<double>{seconds})};
}

/// A bridge that has not registered yet may not send much.
net::websocket_options strangers_options(net::websocket_options options) {
  options.max_frame =
      std::min(options.max_frame, protocol::max_registration_frame);
  return options;
}

} // namespace

control_session_state::~control_session_state() {
  if (session)
    session->abandon();
}

void control_session_state::start(self_type* actor, thread_context& shared,
                                  std::shared_ptr<net::http_session> http) {
  context = &shared;
  session = std::move(http);
  deadline = std::make_unique<net::deadline>(shared.deadlines,
                                             telling(actor, due_atom_v));
  residence = std::make_unique<resident_port<self_type>>(actor);
  shared.clients.push_back(*residence);
  session->start(std::make_unique<http_port>(actor));
}

control_session_actor::behavior_type control_session_state::make_behavior() {
  return {
      [this](accepted_atom, const message_id& id) { on_accepted(id); },
      [](progress_atom, const std::shared_ptr<const protocol::progress>&) {
        // Whoever wants progress follows events, or speaks over /ws/control.
      },
      [this](event_atom, const protocol::event_ptr& x) { on_event(x); },
      [this](history_atom, const std::vector<protocol::event_ptr>& events,
             bool gap) { on_history(events, gap); },
      [this](request_atom, request_view x) { on_request(*x.request); },
      [this](writable_atom) { flush_stream(); },
      [this](ended_atom, const net::session_end&) { self->quit(); },
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
  ++context->counts.http_requests;
  who = nullptr;
  auto match = find_route(request.method(), request.target());
  if (match.result == route_outcome::found && is_socket(match.where)
      && !request.is_websocket_upgrade())
    match.result = route_outcome::unknown;
  if (match.result == route_outcome::unknown)
    return answer(error_answer({errc::unknown_route, {}}));
  if (match.result == route_outcome::wrong_method) {
    auto refusal = error_answer({errc::method_not_allowed, {}});
    refusal.headers.emplace_back("allow", match.allowed);
    return answer(std::move(refusal));
  }
  if (auto scope = needed_scope(match.where))
    if (auto refused = check_token(request, *scope))
      return refuse(*refused, request.peer_ip());
  on_route(match, request);
}

std::optional<failure>
control_session_state::check_token(const net::http_request& request,
                                   token_scope needed) {
  auto token = find_token(request.header("authorization"),
                          request.header("x-auth-token"), request.target());
  auto now = context->wall_clock();
  if (trusted_by != context->tokens || token.size() != trusted_token.size()
      || token.empty() || trusted->has_expired(now)
      || CRYPTO_memcmp(token.data(), trusted_token.data(), token.size()) != 0) {
    auto found = context->tokens->identify(token, now);
    if (!found)
      return found.error();
    trusted_token = std::move(token);
    trusted = *found;
    trusted_by = context->tokens;
  }
  who = trusted;
  if (!who->scopes.covers(needed))
    return failure{errc::missing_scope, "The token lacks the scope "
                                            + std::string{to_string(needed)}};
  return std::nullopt;
}

void control_session_state::refuse(const failure& why, const std::string& ip) {
  if (why.code != errc::invalid_token)
    return answer(error_answer(why));
  auto penalty = context->throttle->on_failure(ip, context->deadlines.now());
  if (penalty.too_many)
    return answer(error_answer({errc::too_many_attempts, {}}));
  if (!penalty.place)
    return answer(error_answer(why));
  held.emplace(held_refusal{error_answer(why), std::move(penalty.place)});
  deadline->arm(penalty.delay);
}

void control_session_state::on_due() {
  if (auto due = std::exchange(held, std::nullopt))
    answer(std::move(due->response));
  else if (stream)
    keep_stream_alive();
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
  switch (match.where) {
  case route::health:
    return answer(health_answer());
  case route::bridge_socket:
  case route::control_socket:
    return upgrade(match.where, request);
  case route::bridge_status:
    return list_agents(&bridge_status_answer);
  case route::list_agents:
    return list_agents(&agents_answer);
  case route::show_dispatch:
    return show_dispatch(message_id{match.parameter});
  case route::dispatch:
    return dispatch(agent_id{match.parameter}, request);
  case route::show_agent:
  case route::show_task:
  case route::follow_events:
    break;
  }
  if (!protocol::is_valid_agent_id(match.parameter))
    return answer(error_answer({errc::invalid_agent_id, {}}));
  agent_id id{match.parameter};
  if (match.where == route::show_agent)
    show_agent(std::move(id));
  else if (match.where == route::show_task)
    show_task(std::move(id));
  else
    follow_events(std::move(id));
}

void control_session_state::upgrade(route where,
                                    const net::http_request& request) {
  // Only refusals at the upgrade make a stock bridge try again (contract
  // section 1).
  if (context->draining)
    return answer(error_answer({errc::draining, {}}));
  auto& system = self->home_system();
  if (where == route::control_socket) {
    spawn_on(system, context->home, control_channel, context,
             session->upgrade(context->control.session), who);
    return self->quit();
  }
  std::shared_ptr<net::connection_ledger::place> place =
      context->ledger->try_enter(request.peer_ip());
  if (!place)
    return answer(error_answer({errc::too_many_connections, {}}));
  spawn_on(system, context->home, agent, context,
           session->upgrade(strangers_options(context->agent.session)),
           std::move(place));
  self->quit();
}

template <class Reply, class Whom, class OnReply, class... Ts>
void control_session_state::ask(Whom core_handles::*whom, OnReply on_reply,
                                Ts... words) {
  question = [this, whom, on_reply, words...] {
    auto turn = ++turns;
    self->request(context->core.*whom, caf::infinite, words...)
        .then(
            [this, turn, on_reply](const Reply& reply) {
              if (turn != turns || !question)
                return;
              question = nullptr;
              on_reply(reply);
            },
            [this, turn](const caf::error& error) {
              // Who died over it has a successor soon: see on_core_replaced.
              if (turn != turns || !question || is_unhandled(error))
                return;
              question = nullptr;
              answer_failure(error);
            });
  };
  // A copy: the question may be forgotten before the call returns.
  auto put = question;
  put();
}

void control_session_state::on_core_replaced() {
  follow();
  if (auto put = question)
    put();
}

void control_session_state::list_agents(
    net::http_response (*render)(const std::vector<agent_view>&)) {
  ask<agent_list>(
      &core_handles::registry,
      [this, render](const agent_list& agents) { answer(render(*agents)); },
      list_atom_v);
}

void control_session_state::show_agent(agent_id id) {
  ask<agent_view>(
      &core_handles::registry,
      [this](const agent_view& x) { answer(agent_answer(x)); }, find_atom_v,
      std::move(id));
}

void control_session_state::show_task(agent_id id) {
  auto show = [this, id](const task_view& task) {
    answer(task_answer(id, task));
  };
  ask<agent_view>(
      &core_handles::registry,
      [this, id, show](const agent_view&) {
        ask<task_view>(&core_handles::events, show, task_atom_v, id);
      },
      find_atom_v, id);
}

void control_session_state::show_dispatch(message_id id) {
  ask<protocol::dispatch_record>(
      &core_handles::events,
      [this](const protocol::dispatch_record& record) {
        answer(json_answer(encode(record)));
      },
      record_atom_v, std::move(id));
}

// -- dispatching --------------------------------------------------------------

void control_session_state::dispatch(agent_id id,
                                     const net::http_request& request) {
  if (context->draining)
    return answer(error_answer({errc::draining, {}}));
  auto body = protocol::decode_dispatch_body(request.body());
  if (!body)
    return answer(invalid_body_answer(body.error()));
  auto wait = find_wait(request.target());
  if (!wait)
    return answer(invalid_body_answer(wait.error(), "query"));
  if (!protocol::is_valid_agent_id(id.str()))
    return answer(error_answer({errc::invalid_agent_id, {}}));
  auto order = make_order(std::move(id), std::move(*body),
                          control_session_actor{self}, context->control);
  if (!order)
    return answer(error_answer(order.error()));
  waiting.emplace();
  waiting->message = (*order)->task.message;
  waiting->agent = (*order)->task.agent;
  waiting->for_outcome = wait->has_value();
  waiting->since = protocol::wall_clock_now();
  if (*wait)
    deadline->arm(**wait);
  submit_order(*order, 0);
}

void control_session_state::submit_order(const dispatch_order_ptr& order,
                                         unsigned attempt) {
  submit(
      self, *context, order, attempt,
      [this, order](const dispatch_outcome& x) { on_outcome(*order, x); },
      [this, order](const failure& why) { on_failure(*order, why); });
}

void control_session_state::on_accepted(const message_id& id) {
  if (!waiting || waiting->message != id)
    return;
  waiting->accepted = true;
  if (waiting->for_outcome && waiting->patience_over)
    return on_wait_over();
  if (waiting->for_outcome)
    return;
  answer(dispatched_answer(waiting->agent, id));
}

void control_session_state::on_outcome(const dispatch_order& order,
                                       const dispatch_outcome& outcome) {
  if (!waiting || waiting->message != order.task.message)
    return;
  protocol::dispatch_record record;
  record.message = order.task.message;
  record.agent = order.task.agent;
  record.dispatched_at = outcome.dispatched_at;
  record.finished_at = outcome.dispatched_at + outcome.took;
  record.result = outcome.result;
  record.status = protocol::dispatch_status::completed;
  if (outcome.result->error) {
    record.status = protocol::dispatch_status::error;
    record.why = failure{errc::task_failed, *outcome.result->error};
  }
  answer(json_answer(encode(record)));
}

void control_session_state::on_failure(const dispatch_order& order,
                                       const failure& why) {
  if (!waiting || waiting->message != order.task.message)
    return;
  if (!waiting->accepted)
    return answer(error_answer(why));
  // It was dispatched and has ended: that is an answer, not an error of HTTP.
  protocol::dispatch_record record;
  record.message = waiting->message;
  record.agent = waiting->agent;
  record.status = protocol::dispatch_status::error;
  record.dispatched_at = waiting->since;
  record.finished_at = protocol::wall_clock_now();
  record.why = why;
  answer(json_answer(encode(record)));
}

void control_session_state::on_wait_over() {
  if (!waiting)
    return;
  // Whether it was taken at all comes first.
  waiting->patience_over = true;
  if (!waiting->accepted)
    return;
  protocol::dispatch_record record;
  record.message = waiting->message;
  record.agent = waiting->agent;
  record.dispatched_at = waiting->since;
  auto unfinished = json_answer(encode(record));
  unfinished.status = 202;
  unfinished.headers.emplace_back("location", "/control/dispatches/"
                                                  + waiting->message.str());
  answer(std::move(unfinished));
}

// -- event streams ------------------------------------------------------------

void control_session_state::follow_events(agent_id id) {
  ask<agent_view>(
      &core_handles::registry,
      [this, id](const agent_view&) {
        stream.emplace(event_stream{
            id, 0, stream_backlog{context->control.stream_backlog}});
        begin_stream();
      },
      find_atom_v, id);
}

void control_session_state::begin_stream() {
  session->begin_stream(event_stream_answer());
  deadline->arm(context->control.stream_keep_alive);
  follow();
  // They may have changed since the request came.
  on_tokens_changed();
}

void control_session_state::follow() {
  if (!stream)
    return;
  self->send(context->core.events, follow_atom_v,
             subscription{control_session_actor{self}, stream->agent,
                          stream->seen, true});
}

void control_session_state::on_history(
    const std::vector<protocol::event_ptr>& events, bool gap) {
  if (gap && stream && !session->write_stream(event_gap_text()))
    return self->quit();
  for (const auto& x : events)
    on_event(x);
}

void control_session_state::on_event(const protocol::event_ptr& x) {
  if (!stream || x->sequence <= stream->seen)
    return;
  stream->seen = x->sequence;
  if (!stream->backlog.add(x))
    // So far behind that results would be lost: the reader must come again.
    return self->quit();
  flush_stream();
}

void control_session_state::flush_stream() {
  if (!stream)
    return;
  auto& backlog = stream->backlog;
  if (backlog.has_gap()) {
    if (!session->write_stream(event_gap_text()))
      return;
    backlog.forget_gap();
  }
  while (!backlog.empty()) {
    auto text = event_stream_text("agent_event", *backlog.front());
    if (!session->write_stream(std::move(text)))
      return;
    backlog.pop();
  }
}

void control_session_state::keep_stream_alive() {
  // A reader that is behind has bytes to read anyway.
  std::ignore = session->write_stream(": keep-alive\n\n");
  deadline->arm(context->control.stream_keep_alive);
}

void control_session_state::answer(net::http_response response) {
  waiting.reset();
  if (!stream)
    deadline->disarm();
  session->respond(std::move(response));
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

} // namespace bridgekeeper::actors
