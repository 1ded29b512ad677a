#include "actors/agent.hpp"

#include "actors/failure_errors.hpp"
#include "actors/session_ports.hpp"
#include "actors/tell.hpp"
#include "net/error_boundary.hpp"
#include "net/secret_text.hpp"
#include "protocol/close_reason.hpp"
#include "protocol/codec.hpp"

#include <algorithm>
#include <functional>
#include <utility>

namespace bridgekeeper::actors {

namespace {

using std::chrono::duration_cast;
using std::chrono::milliseconds;

/// During a shutdown, an unregistered bridge has this long to register.
constexpr std::chrono::seconds last_chance{2};

/// Bridges come back over so long a time after a restart.
constexpr std::chrono::milliseconds longest_reconnect_spread{5'000};

/// A bridge that was drained has nothing to come back for until the operator
/// changes that.
constexpr std::chrono::milliseconds drained_reconnect_delay{60'000};

/// The close code of a peer that has finished (RFC 6455, section 7.4.1).
constexpr unsigned normal_closure = 1000;

/// A time for this agent, up to `longest`. Agents share no state, so it depends
/// on the id alone.
milliseconds spread(const agent_id& agent, milliseconds longest) {
  auto hash = std::hash<agent_id>{}(agent);
  return milliseconds{hash % static_cast<std::size_t>(longest.count())};
}

/// Returns the failure that requesters get when their agent's link ends for
/// this reason. Mistakes of the bridge become `agent_lost`, because the
/// requester did nothing wrong.
failure fate_of_pending(errc why, const std::string& detail) {
  auto lost = [](std::string_view cause) {
    return failure{errc::agent_lost, std::string{sentence(errc::agent_lost)}
                                         + " (its bridge: " + std::string{cause}
                                         + ")"};
  };
  switch (why) {
  case errc::agent_lost:
    return detail.empty() ? failure{why, {}} : lost(detail);
  case errc::too_large:
  case errc::binary_frame:
  case errc::request_timeout:
  case errc::bad_request:
  case errc::invalid_message:
    return lost(sentence(why));
  default:
    return {why, {}};
  }
}

} // namespace

agent_state::agent_state(agent_actor::base* self_ptr) : self(self_ptr) {}

agent_state::~agent_state() {
  if (line)
    line->agent = nullptr;
  // An exception that leaves a destructor terminates the process.
  net::contain("the closing of an agent's link",
               [this] { on_close(errc::internal); });
  net::contain("the end of an agent", [this] {
    if (session)
      session->abandon(protocol::make_close_reason(errc::internal),
                       errc::internal);
  });
}

void agent_state::start(self_type* actor, thread_context& shared,
                        std::shared_ptr<net::websocket_session> socket,
                        std::shared_ptr<net::connection_ledger::place> place,
                        origin client) {
  context = &shared;
  session = std::move(socket);
  unregistered_place = std::move(place);
  from = std::move(client);
  life = std::make_unique<liveness>(shared.agent.liveness);
  deadline = std::make_unique<net::deadline>(shared.deadlines,
                                             telling(actor, due_atom_v));
  thread_subscription = std::make_unique<agent_port<self_type>>(actor);
  shared.agents.push_back(*thread_subscription);
  if (auto why = shared.agents.dismissed)
    self->send(actor, leave_atom_v, *why);
  deadline->arm(shared.agent.register_timeout);
  session->start(std::make_unique<websocket_port<self_type>>(actor));
}

agent_actor::behavior_type agent_state::make_behavior() {
  return {
      [this](dispatch_atom, const dispatch_order_ptr& order) {
        return on_dispatch(order);
      },
      [this](cancel_atom, const message_id& id) { on_cancel(id); },
      [this](tick_atom) { on_tick(); },
      [this](prove_atom) { return on_rival(); },
      [this](look_atom) { review_rivals(); },
      [this](leave_atom, errc why) { leave(why); },
      [this](fetch_atom) { fetch(); },
      [this](duty_atom, agent_duty x) { on_duty(x); },
      [this](duty_atom) { on_settled(); },
      [this](place_atom, const message_id& id) { return place_of(id); },
      [this](report_atom) { return report(); },
      [this](frame_atom, frame_view frame) {
        phase == phase_type::unregistered ? on_first_frame(frame)
                                          : on_frame(frame);
      },
      [this](ended_atom, const net::session_end& end) { on_ended(end); },
      [this](due_atom) { on_due(); },
      [this](tokens_atom) { on_tokens_changed(); },
      [this](core_atom) { on_core_replaced(); },
  };
}

// -- notifications and timeouts -----------------------------------------------

void agent_state::on_due() {
  // A single deadline serves all phases.
  if (phase == phase_type::held) {
    phase = phase_type::unregistered;
    auto frame = std::exchange(held_frame, {});
    auto due = read_registration({frame.str(), false});
    session->release_frame();
    if (due)
      judge(std::move(*due));
    return;
  }
  if (phase == phase_type::joining && std::exchange(is_being_recorded, false))
    return welcome();
  if (phase == phase_type::joining)
    return leave(errc::unavailable, sentence(errc::unavailable));
  if (phase == phase_type::unregistered)
    return refuse_registration(errc::not_registered,
                               sentence(errc::not_registered));
  auto now = context->deadlines.now();
  while (auto expired = pending.extract_due(now)) {
    auto notice = call_off(*expired, errc::timeout);
    time_out(std::move(*expired), std::move(notice));
  }
  end_overdue_in_queue();
  send_next();
  arm_deadline();
}

bool agent_state::is_stale() {
  // The operator may have changed the rule in the meantime.
  life->change_rule(context->agent.liveness);
  // A bridge that is not read cannot show that it lives, and the pause ends
  // after its reason.
  auto is_read = !must_not_read() && !(reading_pause && reading_pause->armed());
  return phase == phase_type::standing && is_read
         && life->is_stale(std::max(session->last_inbound(), reading_resumed),
                           context->deadlines.now());
}

void agent_state::on_tick() {
  if (!is_stale())
    return;
  auto now = context->deadlines.now();
  auto silent = duration_cast<milliseconds>(now - session->last_inbound());
  tell(*context,
       fact::agent_timed_out{*announced, from, silent, life->silence_allowed(),
                             wall_clock_now() - silent});
  leave(errc::heartbeat_timeout);
}

caf::result<bool> agent_state::on_rival() {
  if (phase != phase_type::standing)
    return false;
  auto promise = self->make_response_promise<bool>();
  if (!inquiry)
    inquiry = std::make_unique<rival_inquiry>(
        context->deadlines,
        telling(static_cast<self_type*>(self), look_atom_v));
  inquiry->probe.ask(context->deadlines.now(),
                     [promise](bool alive) mutable { promise.deliver(alive); });
  // A live bridge answers with a pong, which the probe then sees.
  session->ping();
  inquiry->next_look.arm(life_probe::interval);
  return promise;
}

void agent_state::review_rivals() {
  if (inquiry
      && inquiry->probe.review(session->last_inbound(),
                               context->deadlines.now()))
    inquiry->next_look.arm(life_probe::interval);
}

void agent_state::on_core_replaced() {
  if (phase == phase_type::joining)
    join();
  else if (phase == phase_type::standing)
    self->send(context->core.registry, announce_atom_v, announced,
               agent_actor{self}, number);
  fetch();
}

bool agent_state::leaves_at_once() const noexcept {
  return phase == phase_type::standing && terms && context->store;
}

void agent_state::on_tokens_changed() {
  if (!who || phase == phase_type::gone)
    return;
  auto renewed = context->tokens->renew(who, context->wall_clock());
  if (renewed && renewed->admits(announced->agent)) {
    who = std::move(renewed);
    return;
  }
  tell(*context, fact::agent_token_revoked{*announced, from, who->label});
  leave(errc::token_revoked, invalid_token_text);
}

// -- leaving ------------------------------------------------------------------

void agent_state::leave(errc why) {
  // A bridge that is closed before it gets `registered` never reconnects
  // (contract section 1), so let it register first.
  switch (phase) {
  case phase_type::unregistered:
    leave_once_joined = why;
    if (deadline->when() > context->deadlines.now() + last_chance)
      deadline->arm(last_chance);
    return;
  case phase_type::held:
    leave_once_joined = why;
    return;
  case phase_type::joining:
    leave_once_joined = why;
    // It need not wait for an earlier link any more, from which it would take
    // over nothing.
    if (number != incarnation{} && !is_being_recorded)
      welcome();
    return;
  case phase_type::standing:
  case phase_type::gone:
    return leave(why, sentence(why));
  }
}

void agent_state::leave(errc why, std::string_view close_text) {
  if (auto notice = make_goaway(why))
    send_frame(frame_kind::goaway, protocol::encode(*notice));
  on_close(why);
  session->abandon(protocol::make_close_reason(why, close_text), why);
  self->quit();
}

std::optional<goaway_notice> agent_state::make_goaway(errc why) const {
  if (phase != phase_type::standing || !terms)
    return std::nullopt;
  if (why == errc::draining)
    return goaway_notice{"shutdown",
                         spread(announced->agent, longest_reconnect_spread)};
  if (why == errc::drained)
    return goaway_notice{std::string{token(why)}, drained_reconnect_delay};
  return std::nullopt;
}

void agent_state::on_ended(const net::session_end& end) {
  has_bridge_ended = terms && end.close_code == normal_closure
                     && announced->vitals->is_bridge_draining;
  on_close(end.reason == errc::peer_closed ? errc::agent_lost : end.reason,
           end.detail);
  self->quit();
}

void agent_state::on_close(errc why, const std::string& detail) {
  auto before = std::exchange(phase, phase_type::gone);
  held_frame = {};
  if (before == phase_type::gone || context == nullptr)
    return;
  if (line) {
    line->left = why;
    line->has_bridge_ended = has_bridge_ended;
  }
  if (before == phase_type::standing)
    context->local.leave(announced->agent, self->address());
  auto fate = fate_of_pending(why, detail);
  for (auto& entry : pending.extract_all())
    net::contain("the end of a dispatch",
                 [&] { part_with(std::move(entry), why, fate); });
  if (has_bridge_ended && is_resuming)
    give_up_awaited(why, fate);
  leave_queue(why, fate);
  release_hold();
  if (before != phase_type::standing) {
    if (!is_refused)
      tell(*context, fact::link_ended_early{claimed_id, from, why, detail});
    return;
  }
  tell(*context, fact::agent_disconnected{*announced, number, why, detail, from,
                                          refused_results});
  self->send(context->core.registry, left_atom_v, announced->agent, number);
  // Last: this answers open questions with "not alive", and by then the
  // registry must know that this agent has left.
  inquiry.reset();
}

agent_report agent_state::report() const {
  agent_report out;
  if (!announced)
    return out;
  auto now = context->deadlines.now();
  out.agent = announced->agent;
  out.number = number;
  out.thread = context->index;
  out.silent_for = duration_cast<milliseconds>(now - session->last_inbound());
  out.silence_allowed = life->silence_allowed();
  out.longest_gap = life->longest_gap();
  out.beats = life->beats();
  out.queued_bytes = session->queued_bytes();
  out.queued_frames = session->queued_frames();
  out.slots = announced->slots;
  out.waiting = queue.size();
  pending.for_each([&](const pending_dispatch& x, time_point due) {
    out.pending.push_back(
        {x.order().task.message,
         duration_cast<milliseconds>(now - x.outcome.started()),
         duration_cast<milliseconds>(due - now)});
  });
  return out;
}

void agent_state::count_in(thread_census& x) const {
  x.pending += pending.size();
  x.queued += queue.size();
  x.recording += unrecorded.count + starting;
  x.bridge_bytes += session->queued_bytes();
  if (phase == phase_type::gone)
    return;
  if (phase != phase_type::standing)
    ++x.registering;
  else if (announced->vitals->is_cordoned.load(std::memory_order_relaxed))
    ++x.cordoned;
  else if (pending.size() > 0)
    ++x.busy;
  else
    ++x.idle;
}

void agent_state::send_frame(frame_kind kind, std::string frame) {
  context->metrics.sent.count(kind, frame.size());
  session->send(std::move(frame));
}

agent_actor::behavior_type
agent(agent_state::self_type* self, thread_context* context,
      std::shared_ptr<net::websocket_session> session,
      std::shared_ptr<net::connection_ledger::place> unregistered_place,
      origin from) {
  self->join_statistics(context->actor_stats,
                        context->home != nullptr ? std::optional{context->index}
                                                 : std::nullopt);
  self->state.start(self, *context, std::move(session),
                    std::move(unregistered_place), std::move(from));
  return self->state.make_behavior();
}

} // namespace bridgekeeper::actors
