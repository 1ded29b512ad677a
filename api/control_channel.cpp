#include "api/control_channel.hpp"

#include "actors/session_ports.hpp"
#include "actors/tell.hpp"
#include "net/error_boundary.hpp"

#include <utility>

namespace bridgekeeper::api {

namespace {

/// The number of waiting questions at which the channel stops reading from the
/// client.
constexpr std::size_t max_questions = 64;

/// Also tells the channel when its session has room again.
class channel_port final
  : public websocket_port<control_channel_state::self_type> {
public:
  using actor_type = control_channel_state::self_type;

  explicit channel_port(actor_type* actor)
    : websocket_port(actor), actor_(actor) {}

  void on_room() override {
    actor_->handle_now(writable_atom_v);
  }

private:
  actor_type* actor_;
};

} // namespace

control_channel_state::~control_channel_state() {
  // Nothing more is sent, so agents need not slow down.
  is_behind->store(false, std::memory_order_relaxed);
  net::contain("the end of a control channel", [this] {
    if (session)
      session->abandon(protocol::make_close_reason(errc::internal),
                       errc::internal);
  });
}

void control_channel_state::start(
    self_type* actor, thread_context& shared,
    std::shared_ptr<net::websocket_session> socket, origin client,
    token_grant_ptr grant) {
  context = &shared;
  who = std::move(grant);
  session = std::move(socket);
  from = std::move(client);
  thread_subscription =
      std::make_unique<thread_subscriber_port<self_type>>(actor);
  on_answer_taken = std::make_shared<std::function<void()>>(
      [actor] { actor->send(control_channel_actor{actor}, writable_atom_v); });
  next_look = std::make_unique<net::deadline>(shared.deadlines,
                                              telling(actor, due_atom_v));
  shared.clients.push_back(*thread_subscription);
  if (auto why = shared.clients.dismissed)
    self->send(actor, leave_atom_v, *why);
  // The tokens may have changed since the upgrade.
  self->send(actor, tokens_atom_v);
  session->start(std::make_unique<channel_port>(actor));
}

control_channel_actor::behavior_type control_channel_state::make_behavior() {
  return {
      [this](event_atom, const event_ptr& x) { on_event(x); },
      [this](history_atom, past_events& past) { on_history(std::move(past)); },
      [this](frame_atom, frame_view frame) { on_frame(frame); },
      [this](writable_atom) { on_room(); },
      [this](ended_atom, const net::session_end& end) { on_end(end); },
      [this](due_atom) { on_due(); },
      [this](resubmit_atom, const dispatch_order_ptr& order, unsigned attempt) {
        submit_order(order, attempt);
      },
      [this](tokens_atom) { on_tokens_changed(); },
      [this](core_atom) { on_core_replaced(); },
      [this](leave_atom, errc why) { leave(why); },
  };
}

void control_channel_state::on_frame(frame_view frame) {
  ++context->counts.control_requests;
  context->metrics.received.count(frame_kind::control, frame.payload.size());
  if (frame.binary)
    return leave(errc::binary_frame);
  auto decoded = protocol::decode_control(frame.payload);
  if (auto refusal = std::get_if<protocol::control_refusal>(&decoded))
    return refuse(refusal->id, nullptr, refusal->why);
  std::visit([this](auto& request) { on_request(std::move(request)); },
             std::get<protocol::control_request>(decoded));
}

void control_channel_state::on_end(const net::session_end& end) {
  tell_end(end.reason, end.detail);
  self->quit();
}

void control_channel_state::on_tokens_changed() {
  who = context->tokens->renew(who, context->wall_clock());
  if (who && who->scopes.covers(token_scope::control))
    return;
  tell_end(errc::token_revoked, "its token is no longer valid");
  session->abandon(
      protocol::make_close_reason(errc::invalid_token, invalid_token_text),
      errc::invalid_token);
  self->quit();
}

void control_channel_state::tell_end(errc why, std::string_view detail) {
  actors::tell(*context, fact::control_client_disconnected{from, why, detail});
}

void control_channel_state::leave(errc why) {
  tell_end(why, {});
  session->abandon(protocol::make_close_reason(why), why);
  self->quit();
}

// -- backpressure -------------------------------------------------------------

void control_channel_state::review_reading() {
  auto is_full = session->is_full();
  if (is_full != is_behind->load(std::memory_order_relaxed))
    is_behind->store(is_full, std::memory_order_relaxed);
  // The limit may have changed in the meantime.
  auto has_enough = is_full || under_way() >= context->control.max_in_flight
                    || open_questions() >= max_questions;
  if (has_enough == std::exchange(is_paused, has_enough))
    return;
  has_enough ? session->pause_reading() : session->resume_reading();
}

void control_channel_state::tell(net::stream_text frame) {
  context->metrics.sent.count(frame_kind::control, frame.size());
  session->send(std::move(frame));
  if (session->is_full())
    review_reading();
}

void control_channel_state::refuse(
    std::string_view id, const message_id* about, const failure& why,
    std::optional<std::chrono::seconds> retry_after) {
  actors::tell(*context, fact::request_refused{.why = why,
                                               .from = from,
                                               .message = about,
                                               .is_authorized = true});
  tell(protocol::encode_error(id, about, why, retry_after));
}

void control_channel_state::on_room() {
  put_next_questions();
  write_events();
}

void control_channel_state::count_in(thread_census& x) const {
  ++x.control_channels;
  x.subscriptions += streams.size();
  x.channel_bytes += session->queued_bytes();
}

control_channel_actor::behavior_type
control_channel(control_channel_state::self_type* self, thread_context* context,
                std::shared_ptr<net::websocket_session> session, origin from,
                token_grant_ptr who) {
  self->join_statistics(context->actor_stats,
                        context->home != nullptr ? std::optional{context->index}
                                                 : std::nullopt);
  self->stand_for(from.token.empty() ? from.ip : from.token + "@" + from.ip);
  self->state.start(self, *context, std::move(session), std::move(from),
                    std::move(who));
  return self->state.make_behavior();
}

} // namespace bridgekeeper::api
