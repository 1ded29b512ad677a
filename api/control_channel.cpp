#include "api/control_channel.hpp"

#include "actors/failure_errors.hpp"
#include "actors/session_ports.hpp"
#include "actors/tell.hpp"
#include "api/answer_parts.hpp"
#include "api/control_answers.hpp"
#include "api/core_question.hpp"
#include "api/cost_reset.hpp"
#include "api/dispatching.hpp"
#include "domain/dispatch_record.hpp"
#include "net/error_boundary.hpp"
#include "protocol/record_json.hpp"

#include <iterator>
#include <utility>

namespace bridgekeeper::api {

namespace {

constexpr std::size_t max_subscriptions = 1000;

/// All are answered, one after the other.
constexpr std::size_t max_questions = 64;

/// How long a client waits before it asks again for a response that exceeded
/// the budget; the same as over HTTP.
constexpr auto answer_retry = std::chrono::seconds{1};

/// A channel also hears when its session has room again.
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
  // Nothing more is sent, so no agent has to wait.
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
  shared.clients.push_back(*thread_subscription);
  if (auto why = shared.clients.dismissed)
    self->send(actor, leave_atom_v, *why);
  // They may have changed since the upgrade.
  self->send(actor, tokens_atom_v);
  session->start(std::make_unique<channel_port>(actor));
}

control_channel_actor::behavior_type control_channel_state::make_behavior() {
  return {
      [this](event_atom, const event_ptr& x) { on_event(*x); },
      [this](history_atom, const past_events& past) { on_history(past); },
      [this](frame_atom, frame_view frame) { on_frame(frame); },
      [this](writable_atom) { on_room(); },
      [this](ended_atom, const net::session_end& end) { on_end(end); },
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
  if (frame.binary)
    return leave(errc::binary_frame);
  auto decoded = protocol::decode_control(frame.payload);
  if (auto refusal = std::get_if<protocol::control_refusal>(&decoded))
    return tell(protocol::encode_error(refusal->id, nullptr, refusal->why));
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

// -- dispatching --------------------------------------------------------------

void control_channel_state::on_request(protocol::control_dispatch x) {
  if (context->draining)
    return tell(protocol::encode_error(x.id, nullptr, {errc::draining, {}}));
  auto order = make_order(std::move(x.agent), std::move(x.body),
                          context->control, context->control_session, from);
  if (!order)
    return tell(protocol::encode_error(x.id, nullptr, order.error()));
  order->watched_on = context->index;
  order->wants_progress = !x.quiet;
  order->requester_is_behind = is_behind;
  flights.emplace_back(*this, *order, std::move(x.id), x.quiet);
  flights.back().place = std::prev(flights.end());
  review_reading();
  submit_order(std::make_shared<const dispatch_order>(std::move(*order)), 0);
}

void control_channel_state::submit_order(const dispatch_order_ptr& order,
                                         unsigned attempt) {
  submit(
      self, *context, order, attempt,
      [this](const acceptance& x) {
        if (auto* found = find_flight(x.message))
          found->on_accepted();
      },
      [this, id = order->task.message](const failure& why) {
        if (auto* found = find_flight(id))
          found->fail(why);
      });
}

control_channel_state::flight*
control_channel_state::find_flight(const message_id& id) const {
  // Only this channel knows the ids that it has made.
  return static_cast<flight*>(context->board.find(id));
}

control_channel_state::flight::flight(control_channel_state& channel,
                                      const dispatch_order& order,
                                      std::string id, bool is_quiet)
  : dispatch_watch(channel.context->board, order.task.message),
    channel_(channel), agent_(order.task.agent), id_(std::move(id)),
    acceptance_is_told_(is_quiet) {}

caf::actor_addr control_channel_state::flight::owner() const {
  return channel_.self->address();
}

void control_channel_state::flight::on_accepted() {
  if (!std::exchange(acceptance_is_told_, true))
    channel_.tell(protocol::encode_accepted(id_, this->id(), agent_));
}

void control_channel_state::flight::on_progress(const progress& x) {
  on_accepted();
  channel_.tell(protocol::encode_progress(id_, x));
}

void control_channel_state::flight::on_outcome(const dispatch_outcome& x) {
  on_accepted();
  if (!x.result)
    return fail(x.result.error());
  auto& channel = channel_;
  channel.tell(protocol::encode_response(id_, **x.result, x.took));
  channel.flights.erase(place);
  channel.review_reading();
}

void control_channel_state::flight::fail(const failure& why) {
  auto& channel = channel_;
  std::optional<std::chrono::seconds> retry_after;
  if (why.code == errc::rate_limited)
    retry_after = time_to_wait(channel.context->admissions->rates(
        agent_, channel.from.ip, channel.context->deadlines.now()));
  channel.tell(protocol::encode_error(id_, &this->id(), why, retry_after));
  channel.flights.erase(place);
  channel.review_reading();
}

void control_channel_state::review_reading() {
  auto is_full = session->is_full();
  if (is_full != is_behind->load(std::memory_order_relaxed))
    is_behind->store(is_full, std::memory_order_relaxed);
  // The limit may have changed meanwhile.
  auto has_enough = is_full || under_way() >= context->control.max_in_flight
                    || questions.size() >= max_questions;
  if (has_enough == std::exchange(is_paused, has_enough))
    return;
  has_enough ? session->pause_reading() : session->resume_reading();
}

void control_channel_state::tell(net::stream_text frame) {
  session->send(std::move(frame));
  if (session->is_full())
    review_reading();
}

void control_channel_state::on_room() {
  put_next_question();
  if (!session->is_full())
    catch_up();
}

// -- events -------------------------------------------------------------------

void control_channel_state::on_request(protocol::control_subscribe x) {
  if (streams.size() >= max_subscriptions)
    return tell(protocol::encode_error(
        x.id, nullptr,
        {errc::overflow, "One connection may hold "
                             + std::to_string(max_subscriptions)
                             + " subscriptions"}));
  auto which = x.agent ? stream_name{*x.agent} : stream_name{};
  auto [pos, is_new] =
      streams.try_emplace(which, subscribed_stream{x.id, std::nullopt});
  if (!is_new)
    return tell(protocol::encode_error(
        x.id, nullptr,
        {errc::already_subscribed,
         "This connection already has that subscription, under the id "
             + pos->second.id}));
  follow(which, pos->second);
  tell(protocol::encode_subscribed(x.id));
}

void control_channel_state::follow(const stream_name& which,
                                   const subscribed_stream& x) {
  // A subscription begins with the present; when the hub was replaced, with
  // what the program has not heard of.
  self->send(context->core.events, follow_atom_v,
             subscription{control_channel_actor{self}, which,
                          x.seen.value_or(0), x.seen.has_value()});
}

void control_channel_state::on_history(const past_events& past) {
  auto pos = streams.find(past.which);
  if (pos == streams.end())
    return;
  auto& stream = pos->second;
  if (!stream.seen)
    stream.seen = past.up_to;
  stream.is_behind = false;
  if (std::exchange(stream.is_catching_up, false) && past.gap)
    tell(protocol::encode_gap(stream.id));
  for (const auto& x : past.events)
    pass_on(stream, *x);
  stream.is_behind = stream.is_behind || past.more;
  if (!session->is_full())
    catch_up();
}

void control_channel_state::on_event(const event& x) {
  for (const auto& which : {stream_name{}, stream_name{x.agent}})
    if (auto pos = streams.find(which); pos != streams.end())
      pass_on(pos->second, x);
}

void control_channel_state::pass_on(subscribed_stream& stream, const event& x) {
  if (!stream.seen || x.sequence <= *stream.seen)
    return;
  stream.is_behind = stream.is_behind || session->is_full();
  if (stream.is_behind)
    return;
  stream.seen = x.sequence;
  // Nothing is made for a program that does not hear it any more.
  if (session->is_open())
    tell({protocol::encode_event_head(stream.id, x.sequence),
          context->texts.of(x), "}"});
}

void control_channel_state::catch_up() {
  for (auto& [which, stream] : streams) {
    if (!stream.is_behind || std::exchange(stream.is_catching_up, true))
      continue;
    self->send(context->core.events, follow_atom_v,
               subscription{control_channel_actor{self}, which, *stream.seen,
                            true, context->control.session.queue_bytes});
  }
}

void control_channel_state::on_core_replaced() {
  for (auto& [which, stream] : streams) {
    stream.is_catching_up = stream.seen.has_value();
    follow(which, stream);
  }
  if (is_asking)
    questions.front().put();
}

// -- questions ----------------------------------------------------------------

template <class Reply, class Whom, class OnReply, class... Ts>
void control_channel_state::ask(Whom core_handles::*whom, const std::string& id,
                                std::optional<message_id> about,
                                OnReply on_reply, Ts... words) {
  auto number = ++asked;
  auto settle = [this, number] {
    // A successor may have been asked as well.
    if (questions.empty() || questions.front().number != number)
      return false;
    questions.pop_front();
    is_asking = false;
    return true;
  };
  auto put = core_question<Reply>(
      self, *context, whom, settle,
      [this, on_reply](const Reply& reply) {
        on_reply(reply);
        put_next_question();
      },
      [this, id, about](const caf::error& error) {
        tell(protocol::encode_error(id, about ? &*about : nullptr,
                                    to_failure(error)));
        put_next_question();
      },
      words...);
  questions.push_back({number, std::move(put)});
  put_next_question();
}

void control_channel_state::put_next_question() {
  if (!is_asking && !questions.empty() && large_answer.expired()
      && !session->is_full()) {
    is_asking = true;
    questions.front().put();
  }
  review_reading();
}

void control_channel_state::tell_answer(const std::string& id,
                                        const message_id* about,
                                        std::string frame) {
  if (frame.size() <= part_cost)
    return tell(std::move(frame));
  auto place = context->answers->admit(who->label, {frame.size(), nullptr, 0});
  if (!place)
    return tell(protocol::encode_error(id, about, place.error(), answer_retry));
  // Its place is given back when it is written, or never will be.
  auto let_go = [place = *place, weak = std::weak_ptr{on_answer_taken}](
                    const shared_text* x) mutable {
    delete x;
    place.reset();
    if (auto call = weak.lock())
      net::contain("the end of an answer", *call);
  };
  shared_text_ptr text{new shared_text{std::move(frame)}, std::move(let_go)};
  large_answer = text;
  tell({{}, std::move(text), {}});
}

template <class Encode>
void control_channel_state::tell_answer(const std::string& id,
                                        const message_id* about,
                                        std::size_t least, Encode encode) {
  // What has no place is not made in the first place.
  if (least > part_cost)
    if (auto place = context->answers->admit(who->label, {least, nullptr, 0});
        !place)
      return tell(
          protocol::encode_error(id, about, place.error(), answer_retry));
  tell_answer(id, about, encode());
}

void control_channel_state::on_request(const protocol::control_list& x) {
  ask<agent_list>(
      &core_handles::registry, x.id, std::nullopt,
      [this, id = x.id](const agent_list& agents) {
        tell_answer(
            id, nullptr,
            protocol::encode_agents(id, to_json(*agents), agents->size()));
      },
      list_atom_v);
}

void control_channel_state::on_request(const protocol::control_inquiry& x) {
  ask<dispatch_record>(
      &core_handles::events, x.id, x.message,
      [this, id = x.id](const dispatch_record& record) {
        tell_answer(id, &record.message, footprint(record), [&] {
          return protocol::encode_record(id, protocol::encode(record));
        });
      },
      record_atom_v, x.message);
}

void control_channel_state::on_request(const protocol::control_costs& x) {
  if (x.reset_session && !who->scopes.covers(token_scope::admin))
    return tell(protocol::encode_error(
        x.id, nullptr,
        {errc::missing_scope, "The token lacks the scope admin"}));
  if (x.reset_session)
    reset_costs(*context, from);
  tell(protocol::encode_costs(
      x.id, costs_json(*context->control_session,
                       context->admissions->costs(wall_clock_now()))));
}

void control_channel_state::on_request(const protocol::control_forget& x) {
  ask<bool>(
      &core_handles::registry, x.id, std::nullopt,
      [this, id = x.id, agent = x.agent](bool) {
        actors::tell(*context, fact::agent_forgotten{agent, from});
        tell(protocol::encode_forgotten(id, agent));
      },
      forget_atom_v, x.agent);
}

void control_channel_state::on_request(const protocol::control_task& x) {
  ask<task_view>(
      &core_handles::events, x.id, std::nullopt,
      [this, id = x.id, agent = x.agent](const task_view& task) {
        tell_answer(
            id, nullptr, task.record ? footprint(*task.record) : 0,
            [&] { return protocol::encode_task(id, task_json(agent, task)); });
      },
      task_atom_v, x.agent);
}

control_channel_actor::behavior_type
control_channel(control_channel_state::self_type* self, thread_context* context,
                std::shared_ptr<net::websocket_session> session, origin from,
                token_grant_ptr who) {
  self->join_statistics(context->actor_stats,
                        context->home != nullptr ? std::optional{context->index}
                                                 : std::nullopt);
  self->state.start(self, *context, std::move(session), std::move(from),
                    std::move(who));
  return self->state.make_behavior();
}

} // namespace bridgekeeper::api
