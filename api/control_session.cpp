#include "api/control_session.hpp"

#include "actors/failure_errors.hpp"
#include "actors/session_ports.hpp"
#include "actors/tell.hpp"
#include "api/control_answers.hpp"
#include "api/cost_reset.hpp"
#include "api/event_stream_text.hpp"
#include "api/openapi_document.hpp"
#include "net/error_boundary.hpp"

#include <memory>
#include <tuple>
#include <utility>

namespace bridgekeeper::api {

namespace {

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

/// The response to a request without a route; nothing if the route was found.
std::optional<net::http_response> route_refusal(const route_match& match,
                                                const net::http_request& x) {
  switch (match.result) {
  case route_match::outcome::moved:
    return moved_answer(match.location);
  case route_match::outcome::unknown:
    return error_answer({errc::unknown_route, {}});
  case route_match::outcome::wrong_method: {
    auto out = error_answer({errc::method_not_allowed, {}});
    out.headers.emplace_back("allow", match.allowed);
    return out;
  }
  case route_match::outcome::found:
    break;
  }
  if (match.row->kind == request_kind::upgrade && !x.is_websocket_upgrade())
    return websocket_only_answer();
  return std::nullopt;
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
  auth.emplace(shared, *session);
  thread_subscription =
      std::make_unique<thread_subscriber_port<self_type>>(actor);
  shared.clients.push_back(*thread_subscription);
  if (auto why = shared.clients.dismissed)
    self->send(actor, leave_atom_v, *why);
  session->start(std::make_unique<http_port>(actor));
}

control_session_actor::behavior_type control_session_state::make_behavior() {
  return {
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

bool control_session_state::wants_body(const net::http_request& x) {
  current.emplace(x, context->control);
  return current->match.is_found() && x.method() == "POST"
         && auth->is_authorized(*current, x);
}

void control_session_state::decorate(const net::http_request& x,
                                     net::http_response& refusal) const {
  control_request refused{x, context->control};
  if (refusal.why)
    tell(*context, fact::request_refused{.why = *refusal.why,
                                         .from = refused.from,
                                         .what = request_line_of(refused)});
  if (refused.rated)
    add_rates(refusal, context->admissions->rates({}, refused.from.ip,
                                                  context->deadlines.now()));
  context->control.cors.decorate(refusal, refused.page);
}

void control_session_state::on_request(const net::http_request& x) {
  // The header may be known already: see wants_body and on_turn.
  if (!current)
    current.emplace(x, context->control);
  if (!current->login.has_had_turn)
    ++context->counts.http_requests;
  note_forwarding(x, context->control);
  if (cors_policy::is_preflight(x))
    return answer(context->control.cors.preflight_answer(x));
  if (auto refusal = route_refusal(current->match, x))
    return answer(std::move(*refusal));
  auto decision = auth->admit(*current, x);
  if (decision.refused) {
    auto refusal = error_answer(*decision.refused);
    refusal.is_last = decision.refused->code == errc::too_many_attempts;
    return answer(std::move(refusal));
  }
  if (decision.delay.count() == 0)
    return (this->*current->match.row->handler)(x);
  session->keep_request();
  wait(decision.delay, &control_session_state::on_turn);
}

void control_session_state::on_turn() {
  session->repeat_request();
}

// -- what the session answers by itself ---------------------------------------

void control_session_state::show_server(const net::http_request&) {
  answer(server_answer());
}

void control_session_state::show_health(const net::http_request&) {
  answer(health_answer());
}

void control_session_state::show_liveness(const net::http_request&) {
  answer(well_answer());
}

void control_session_state::show_version(const net::http_request&) {
  answer(version_answer());
}

void control_session_state::show_openapi(const net::http_request& request) {
  const auto& document = openapi_document();
  net::http_response out;
  out.headers.emplace_back("etag", document.etag);
  // Caches may store the document, and must ask whether it is still the same.
  out.headers.emplace_back("cache-control", "no-cache");
  if (names_etag(request.header_list("if-none-match"), document.etag)) {
    out.status = 304;
    out.content_type = {};
    out.has_length = false;
    return answer(std::move(out));
  }
  settle(out);
  session->respond_in_parts(
      std::move(out),
      [text = document.text]() mutable -> std::optional<net::stream_text> {
        if (!text)
          return std::nullopt;
        return net::stream_text{{}, std::exchange(text, nullptr), {}};
      });
}

void control_session_state::show_context(const net::http_request&) {
  answer(context_answer(*context->control_session,
                        context->admissions->costs(wall_clock_now())));
}

void control_session_state::reset_costs(const net::http_request& request) {
  api::reset_costs(*context, current->from);
  show_context(request);
}

void control_session_state::show_metrics(const net::http_request&) {
  if (!context->gather_metrics)
    return answer(error_answer({errc::unavailable, {}}));
  if (!anchor)
    anchor = std::make_shared<control_session_state*>(this);
  context->gather_metrics(
      context->index,
      [weak = std::weak_ptr{anchor}, turn = ++turns](const std::string& text) {
        auto found = weak.lock();
        if (found && (*found)->turns == turn && (*found)->current)
          (*found)->answer(metrics_answer(text));
      });
}

// -- deadlines, tokens and the end ----------------------------------------------

void control_session_state::wait(std::chrono::milliseconds delay,
                                 void (control_session_state::*then)()) {
  when_due = then;
  deadline->arm(delay);
}

void control_session_state::on_due() {
  (this->*when_due)();
}

void control_session_state::on_tokens_changed() {
  // Other requests were authorized when they arrived; that still applies.
  if (!stream || !current->login.who)
    return;
  auto& who = current->login.who;
  who = context->tokens->renew(who, context->wall_clock());
  if (who && who->scopes.covers(token_scope::read))
    return;
  std::ignore =
      session->write_stream(event_stream_end_text({errc::invalid_token, {}}));
  self->quit();
}

void control_session_state::on_core_replaced() {
  if (stream) {
    stream->feed.on_new_hub();
    flush_stream();
  }
  if (!current)
    return;
  if (auto put = current->question)
    put();
}

void control_session_state::on_end(const net::session_end& end) {
  if (stream && fact::is_slow_reader(end.reason))
    tell(*context,
         fact::stream_reader_dropped{
             stream->feed.which().id, current->from, end.reason, end.detail,
             context->dropped_readers.admit(context->deadlines.now())});
  self->quit();
}

void control_session_state::count_in(thread_census& x) const {
  x.event_streams += stream ? 1 : 0;
}

control_session_actor::behavior_type
control_session(control_session_state::self_type* self, thread_context* context,
                std::shared_ptr<net::http_session> session) {
  self->join_statistics(context->actor_stats,
                        context->home != nullptr ? std::optional{context->index}
                                                 : std::nullopt);
  self->state.start(self, *context, std::move(session));
  return self->state.make_behavior();
}

} // namespace bridgekeeper::api
