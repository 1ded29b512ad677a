#include "actors/agent.hpp"

#include "actors/caf_compat.hpp"
#include "actors/session_ports.hpp"
#include "protocol/codec.hpp"
#include "protocol/limits.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <utility>

namespace bridgekeeper::actors {

namespace {

using std::chrono::duration_cast;
using std::chrono::milliseconds;

/// More events than this waiting for the hub: bridges are read no further.
constexpr std::size_t hub_backlog_limit = 20'000;
constexpr auto reading_pause_time = milliseconds{20};

/// What requesters are told when their agent's connection ended like this. What
/// its bridge did wrong is not their fault.
failure fate_of_pending(errc why) {
  switch (why) {
  case errc::too_large:
  case errc::binary_frame:
  case errc::overflow:
  case errc::bad_request:
  case errc::invalid_message:
    return {errc::agent_lost,
            std::string{sentence(errc::agent_lost)}
                + " (its bridge: " + std::string{sentence(why)} + ")"};
  default:
    return {why, {}};
  }
}

/// So many refused messages of a connection are audited one by one, so that no
/// bridge can push evidence out of the log; all are counted at its end.
constexpr std::uint64_t max_audited_refusals = 100;

} // namespace

agent_state::agent_state(agent_actor::base* self_ptr) : self(self_ptr) {}

agent_state::~agent_state() {
  farewell(errc::internal);
  if (session)
    session->abandon(protocol::make_close_reason(errc::internal),
                     errc::internal);
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
  residence = std::make_unique<resident_port<self_type>>(actor);
  shared.agents.push_back(*residence);
  deadline->arm(shared.agent.register_timeout);
  session->start(std::make_unique<websocket_port<self_type>>(actor));
}

agent_actor::behavior_type agent_state::make_behavior() {
  return {
      [this](dispatch_atom, const dispatch_order_ptr& order) {
        return on_dispatch(order);
      },
      [this](tick_atom) { on_tick(); },
      [this](leave_atom, errc why) { leave(why); },
      [this](report_atom) { return report(); },
      [this](frame_atom, frame_view frame) {
        phase == phase_type::unregistered ? on_first_frame(frame)
                                          : on_frame(frame);
      },
      [this](ended_atom, const net::session_end& end) {
        if (end.reason == errc::overflow)
          ++context->counts.overflows;
        farewell(end.reason == errc::peer_closed ? errc::agent_lost
                                                 : end.reason);
        self->quit();
      },
      [this](due_atom) { on_due(); },
      [this](tokens_atom) { on_tokens_changed(); },
      [this](core_atom) { on_core_replaced(); },
  };
}

// -- registering --------------------------------------------------------------

void agent_state::on_first_frame(frame_view frame) {
  if (frame.binary)
    return refuse_registration(errc::invalid_message,
                               "Invalid message format: expected text");
  auto message = protocol::decode(frame.payload);
  if (!message) {
    const auto& why = message.error();
    if (why.kind == protocol::unknown_type_kind)
      return refuse_registration(errc::not_registered,
                                 sentence(errc::not_registered));
    return refuse_registration(why.code, why.detail);
  }
  auto registration = std::get_if<protocol::registration>(&*message);
  if (registration == nullptr)
    return refuse_registration(errc::not_registered,
                               sentence(errc::not_registered));
  on_registration(std::move(*registration));
}

void agent_state::on_registration(protocol::registration x) {
  auto grant = context->tokens->identify(x.auth_token, context->wall_clock());
  if (!grant) {
    context->audit.auth_failure(audit_gate::bridge, grant.error().code, from,
                                x.agent);
    return refuse_token(grant.error().code);
  }
  if (!protocol::is_valid_agent_id(x.agent.str()))
    return refuse_registration(
        errc::invalid_agent_id,
        "Invalid message format: agent_id: expected 1 to 64 letters, digits or "
        "hyphens");
  if (!(*grant)->admits(x.agent)) {
    spdlog::warn("the token {} is not for a bridge named {}", (*grant)->label,
                 x.agent.str());
    return refuse_registration(errc::missing_scope, invalid_token_text);
  }
  auto own_session = protocol::string_member(x.metadata, "session_id");
  if (own_session.empty() || own_session.size() > protocol::max_label_length)
    own_session = protocol::make_uuid();
  auto vitals = std::make_shared<agent_vitals>();
  auto now = protocol::wall_clock_now();
  vitals->last_heartbeat_us = now.time_since_epoch().count();
  announced = std::make_shared<const announcement>(
      announcement{std::move(x.agent), session_id{std::move(own_session)},
                   std::move(x.capabilities), std::move(x.workdir),
                   std::move(x.metadata), now, std::move(vitals)});
  who = std::move(*grant);
  from.token = who->label;
  context->audit.auth_success(*announced, from);
  phase = phase_type::joining;
  // It did register, and in time; if it waits in vain now, that is our fault.
  deadline->arm(context->agent.register_timeout);
  // Frames that come before the answer stay in the socket.
  session->pause_reading();
  join();
}

void agent_state::join() {
  self->request(context->core.registry, caf::infinite, join_atom_v, announced,
                agent_actor{self})
      .then([this](incarnation granted) { on_joined(granted); },
            [this](const caf::error& error) {
              // The registry died; the next one is joined when it is there.
              if (!is_unhandled(error))
                leave(to_failure(error).code);
            });
}

void agent_state::on_joined(incarnation granted) {
  if (phase == phase_type::standing)
    // It joined twice, because the core changed meanwhile: the later counts.
    number = std::max(number, granted);
  if (phase != phase_type::joining)
    return;
  phase = phase_type::standing;
  number = granted;
  deadline->disarm();
  unregistered_place.reset();
  session->accept_frames_up_to(context->agent.session.max_frame);
  ++context->counts.registrations;
  session->send(
      encode(protocol::registered{announced->session, announced->agent}));
  session->resume_reading();
  publish(protocol::agent_connected{number, announced->capabilities,
                                    announced->workdir},
          announced->session);
  context->audit.agent_connected(*announced, number, from);
  spdlog::info("agent {} connected (incarnation {})", announced->agent.str(),
               to_number(number));
  if (leave_once_joined)
    leave(*leave_once_joined);
}

void agent_state::refuse_registration(errc why, std::string_view text) {
  ++context->counts.refused_registrations;
  spdlog::warn("a bridge was refused: {}", text);
  leave(why, text);
}

void agent_state::refuse_token(errc why) {
  if (why == errc::auth_not_configured)
    return refuse_registration(
        why, "Authentication failed: authentication not configured");
  auto penalty = context->throttle->on_failure(unregistered_place->ip(),
                                               context->deadlines.now());
  if (!penalty.place)
    return refuse_registration(why, invalid_token_text);
  phase = phase_type::refused;
  held_place = std::move(penalty.place);
  session->pause_reading();
  deadline->arm(penalty.delay);
}

// -- working ------------------------------------------------------------------

caf::result<dispatch_outcome>
agent_state::on_dispatch(const dispatch_order_ptr& order) {
  if (phase != phase_type::standing)
    return to_error(errc::agent_not_connected);
  if (pending.size() >= context->agent.max_pending)
    return to_error(errc::too_many_pending);
  auto frame = encode(order->task);
  if (frame.size() >= protocol::max_frame_to_bridge)
    return to_error(failure{errc::too_large,
                            "The dispatch is larger than a bridge accepts ("
                                + std::to_string(protocol::max_frame_to_bridge)
                                + " bytes)"});
  if (pending.find(order->task.message) != nullptr)
    return to_error(failure{errc::invalid_message,
                            "A dispatch of this id is pending already"});
  auto now = context->deadlines.now();
  auto wall = protocol::wall_clock_now();
  // Last, so that what is refused for another reason counts nowhere.
  auto admitted =
      context->admissions->admit(announced->agent, order->from.ip, {now, wall});
  if (!admitted) {
    audit_not_admitted(*order, admitted.error().code);
    return to_error(admitted.error());
  }
  auto promise = self->make_response_promise<dispatch_outcome>();
  pending.add(
      order->task.message, now + order->timeout,
      pending_dispatch{order, promise, now, wall, std::move(*admitted)});
  session->send(std::move(frame));
  arm_deadline();
  ++context->counts.dispatches;
  publish(protocol::task_dispatched{order->task.message, order->followup_to},
          session_id{order->task.session.value_or(std::string{})});
  if (order->followup_to)
    context->audit.task_followup(*order, *order->followup_to);
  else
    context->audit.task_dispatched(*order);
  if (order->observer)
    self->send(order->observer, accepted_atom_v, order->task.message);
  return promise;
}

void agent_state::audit_not_admitted(const dispatch_order& order, errc why) {
  if (why == errc::cost_limit) {
    auto costs = context->admissions->costs(protocol::wall_clock_now());
    return context->audit.cost_limit_exceeded(
        announced->agent, session_id{order.task.session.value_or("")},
        order.from, costs.session.spent.to_usd(), costs.daily.spent.to_usd());
  }
  auto rates = context->admissions->rates(announced->agent, order.from.ip,
                                          context->deadlines.now());
  auto of_agent = rates.agent.remaining == 0;
  context->audit.rate_limit_exceeded(
      announced->agent, order.from, of_agent ? "agent" : "ip",
      of_agent ? rates.agent.limit : rates.ip.limit);
}

void agent_state::on_frame(frame_view frame) {
  if (phase != phase_type::standing)
    return;
  if (frame.binary)
    return leave(errc::binary_frame);
  auto message = protocol::decode(frame.payload);
  if (!message) {
    ++context->counts.invalid_frames;
    return complain("frame skipped: " + message.error().detail);
  }
  if (auto beat = std::get_if<protocol::heartbeat>(&*message))
    on_message(*beat);
  else if (auto report = std::get_if<protocol::progress>(&*message))
    on_message(*report);
  else if (auto answer = std::get_if<protocol::response>(&*message))
    on_message(*answer);
  // The rest is for bridges to hear, not to say (contract section 1).
}

bool agent_state::names_me(const agent_id& claimed, const message_id& message) {
  if (claimed == announced->agent)
    return true;
  ++context->counts.forged_results;
  complain("a message in the name of another agent dropped");
  audit_refusal(errc::forged_result, claimed, message);
  return false;
}

void agent_state::audit_refusal(errc why, const agent_id& claimed,
                                const message_id& message) {
  if (++refused_results <= max_audited_refusals)
    context->audit.result_refused(*announced, why, from, claimed, message);
}

void agent_state::complain(const std::string& what) {
  if (auto held_back = complaints.admit(context->deadlines.now()))
    spdlog::warn("agent {}: {}{}", announced->agent.str(), what,
                 and_more(*held_back));
}

void agent_state::on_message(protocol::heartbeat& x) {
  if (!names_me(x.agent, {}))
    return;
  ++context->counts.heartbeats;
  life->beat(session->last_inbound());
  announced->vitals->last_heartbeat_us.store(
      protocol::wall_clock_now().time_since_epoch().count(),
      std::memory_order_relaxed);
  session->send(encode(x));
}

void agent_state::on_message(protocol::progress& x) {
  if (!names_me(x.agent, x.message))
    return;
  auto entry = pending.find(x.message);
  if (entry == nullptr) {
    ++context->counts.unknown_results;
    audit_refusal(errc::unknown_message, x.agent, x.message);
    return;
  }
  ++context->counts.progress_reports;
  auto report = std::make_shared<const protocol::progress>(std::move(x));
  publish(protocol::agent_progress{report},
          session_id{entry->order->task.session.value_or(std::string{})});
  if (entry->order->observer)
    self->send(entry->order->observer, progress_atom_v, report);
  pause_while_hub_is_behind();
}

void agent_state::on_message(protocol::response& x) {
  if (!names_me(x.agent, x.message))
    return;
  auto entry = pending.extract(x.message);
  if (!entry) {
    ++context->counts.unknown_results;
    audit_refusal(errc::unknown_message, x.agent, x.message);
    return complain("response to " + x.message.str()
                    + ", which is not pending here, dropped");
  }
  ++context->counts.responses;
  auto cost = entry->cost.settle(x.usage, protocol::wall_clock_now());
  auto result = std::make_shared<const protocol::response>(std::move(x));
  session_id about{entry->order->task.session.value_or(std::string{})};
  // The event first: who then asks for the record finds it.
  if (result->error)
    publish(protocol::agent_error{result->message,
                                  {errc::task_failed, *result->error},
                                  result},
            about);
  else
    publish(protocol::agent_response{result}, about);
  if (cost)
    context->audit.task_cost_recorded(
        announced->agent, about, result->message, cost->cost.to_usd(),
        cost->session_total.to_usd(), cost->daily_total.to_usd());
  if (cost && cost->warning)
    publish(protocol::cost_warning{result->message, cost->session_total,
                                   cost->daily_total},
            about);
  auto took = duration_cast<std::chrono::microseconds>(context->deadlines.now()
                                                       - entry->started);
  entry->promise.deliver(
      dispatch_outcome{std::move(result), entry->dispatched_at, took});
  pause_while_hub_is_behind();
}

void agent_state::on_due() {
  if (phase == phase_type::refused)
    return refuse_registration(errc::invalid_token, invalid_token_text);
  if (phase == phase_type::joining)
    return leave(errc::unavailable, sentence(errc::unavailable));
  if (phase == phase_type::unregistered)
    return refuse_registration(errc::not_registered,
                               sentence(errc::not_registered));
  auto now = context->deadlines.now();
  while (auto expired = pending.extract_due(now))
    fail(*expired, {errc::timeout, {}});
  arm_deadline();
}

void agent_state::arm_deadline() {
  auto next = pending.next_deadline();
  // Armed too early is harmless, and most dispatches end before their deadline.
  if (next && (!deadline->armed() || *next < deadline->when()))
    deadline->arm(*next - context->deadlines.now());
}

void agent_state::fail(pending_dispatch& x, const failure& why) {
  ++context->counts.failed_dispatches;
  // Before the answer: who then tries again finds room.
  x.cost.release();
  publish(protocol::agent_error{x.order->task.message, why, nullptr},
          session_id{x.order->task.session.value_or(std::string{})});
  x.promise.deliver(to_error(why));
}

void agent_state::on_tick() {
  auto now = context->deadlines.now();
  // The operator may have changed it meanwhile.
  life->change_rule(context->agent.liveness);
  if (phase != phase_type::standing
      || !life->is_stale(session->last_inbound(), now))
    return;
  auto silent = duration_cast<milliseconds>(now - session->last_inbound());
  spdlog::warn("agent {} said nothing for {} ms ({} allowed): evicted",
               announced->agent.str(), silent.count(),
               life->silence_allowed().count());
  ++context->counts.evictions;
  context->audit.agent_timeout(*announced, from, silent,
                               life->silence_allowed());
  publish(protocol::agent_heartbeat_lost{protocol::wall_clock_now() - silent,
                                         life->silence_allowed()},
          announced->session);
  leave(errc::heartbeat_timeout);
}

void agent_state::on_core_replaced() {
  if (phase == phase_type::joining)
    join();
  else if (phase == phase_type::standing)
    self->send(context->core.registry, announce_atom_v, announced,
               agent_actor{self}, number);
}

void agent_state::on_tokens_changed() {
  if (!who || phase == phase_type::gone)
    return;
  auto renewed = context->tokens->renew(who, context->wall_clock());
  if (renewed && renewed->admits(announced->agent)) {
    who = std::move(renewed);
    return;
  }
  spdlog::warn("agent {}: its token {} is not good any more",
               announced->agent.str(), who->label);
  leave(errc::token_revoked, invalid_token_text);
}

void agent_state::publish(protocol::event::body_type body,
                          const session_id& about) {
  auto draft = std::make_shared<event_publication>();
  draft->agent = announced->agent;
  draft->session = about;
  draft->body = std::move(body);
  actors::publish(*context, std::move(draft));
}

void agent_state::pause_while_hub_is_behind() {
  if (context->core.event_backlog->load(std::memory_order_relaxed)
      < hub_backlog_limit)
    return;
  session->pause_reading();
  if (!reading_pause)
    reading_pause = std::make_unique<net::deadline>(
        context->deadlines, [socket = session] { socket->resume_reading(); });
  reading_pause->arm(reading_pause_time);
}

// -- leaving ------------------------------------------------------------------

void agent_state::leave(errc why) {
  // A bridge that hears of an end before `registered` gives up for good
  // (contract section 1).
  if (phase == phase_type::joining)
    leave_once_joined = why;
  else
    leave(why, sentence(why));
}

void agent_state::leave(errc why, std::string_view close_text) {
  farewell(why);
  session->abandon(protocol::make_close_reason(why, close_text), why);
  self->quit();
}

void agent_state::farewell(errc why) {
  auto before = std::exchange(phase, phase_type::gone);
  if (before == phase_type::gone || context == nullptr)
    return;
  for (auto& entry : pending.extract_all())
    fail(entry, fate_of_pending(why));
  if (before != phase_type::standing)
    return;
  publish(protocol::agent_disconnected{why}, announced->session);
  self->send(context->core.registry, left_atom_v, announced->agent, number);
  context->audit.agent_disconnected(*announced, number, why, from,
                                    refused_results);
  spdlog::info("agent {} disconnected (incarnation {}): {}",
               announced->agent.str(), to_number(number), token(why));
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
  pending.for_each([&](const pending_dispatch& x, net::time_point due) {
    out.pending.push_back({x.order->task.message,
                           duration_cast<milliseconds>(now - x.started),
                           duration_cast<milliseconds>(due - now)});
  });
  return out;
}

agent_actor::behavior_type
agent(agent_state::self_type* self, thread_context* context,
      std::shared_ptr<net::websocket_session> session,
      std::shared_ptr<net::connection_ledger::place> unregistered_place,
      origin from) {
  self->enrol(context->people, context->home != nullptr
                                   ? std::optional{context->index}
                                   : std::nullopt);
  self->state.start(self, *context, std::move(session),
                    std::move(unregistered_place), std::move(from));
  return self->state.make_behavior();
}

} // namespace bridgekeeper::actors
