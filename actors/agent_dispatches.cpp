#include "actors/agent.hpp"
#include "actors/failure_errors.hpp"
#include "actors/tell.hpp"
#include "domain/limits.hpp"
#include "protocol/codec.hpp"
#include "protocol/response_remains.hpp"
#include "protocol/usage_cost.hpp"

#include <algorithm>
#include <utility>

namespace bridgekeeper::actors {

namespace {

using std::chrono::milliseconds;

/// While more events than this are waiting for the hub, reading from bridges
/// pauses.
constexpr std::size_t hub_backlog_limit = 20'000;
constexpr auto hub_pause_time = milliseconds{20};

/// How long reading from a bridge pauses after it sent something to a requester
/// that is behind. Long enough to slow the bridge down, and short enough that
/// its heartbeats are still read in time, however much it sends.
constexpr auto requester_pause_time = milliseconds{100};

/// Memory use of a pending dispatch.
std::size_t footprint(const dispatch_order& x) {
  return x.task.content.size() + x.task.context.str().size();
}

} // namespace

// -- dispatches ---------------------------------------------------------------

caf::result<acceptance>
agent_state::on_dispatch(const dispatch_order_ptr& order) {
  auto promise = self->make_response_promise<acceptance>();
  try {
    auto accepted = accept(order);
    accepted ? promise.deliver(*accepted)
             : promise.deliver(to_error(accepted.error()));
  } catch (...) {
    // The agent ends now, and CAF would leave the request unanswered.
    auto* entry = pending.find(order->task.message);
    if (entry != nullptr && &entry->order() == order.get())
      entry->outcome.drop();
    promise.deliver(to_error(errc::internal));
    throw;
  }
  return promise;
}

result<acceptance> agent_state::accept(const dispatch_order_ptr& order) {
  if (phase != phase_type::standing)
    return failure{errc::agent_not_connected, {}};
  if (!has_room_for(*order))
    return failure{errc::too_many_pending, {}};
  // A full queue is no reason to close the link or to fail earlier dispatches:
  // the stock bridge does not read while it works.
  if (session->is_full())
    return failure{errc::bridge_behind, {}};
  auto frame = protocol::encode(order->task);
  if (frame.size() >= max_frame_to_bridge)
    return failure{errc::too_large,
                   "The dispatch is larger than a bridge accepts ("
                       + std::to_string(max_frame_to_bridge) + " bytes)"};
  if (pending.find(order->task.message) != nullptr)
    return failure{errc::invalid_message,
                   "A dispatch with this id is already pending"};
  auto now = context->deadlines.now();
  auto wall = wall_clock_now();
  // Last, so that a dispatch refused for another reason counts against no
  // limit.
  auto admitted =
      context->admissions->admit(announced->agent, order->from.ip, {now, wall});
  if (!admitted) {
    tell_not_admitted(*order, admitted.error());
    return admitted.error().why;
  }
  dispatch_life sent;
  sent.on_sent(number);
  pending.add(order->task.message, now + order->timeout,
              pending_dispatch{
                  sent, {*context, order, now, wall}, std::move(*admitted)},
              footprint(*order));
  session->send(std::move(frame));
  arm_deadline();
  tell(*context, fact::dispatch_started{*announced, order->task,
                                        order->followup_to, order->from});
  return acceptance{order->task.message, wall};
}

bool agent_state::has_room_for(const dispatch_order& order) const {
  if (pending.size() == 0)
    return true;
  return pending.size() < context->agent.max_pending
         && pending.bytes() + footprint(order)
                <= context->agent.max_pending_bytes;
}

void agent_state::tell_not_admitted(const dispatch_order& order,
                                    const admission_refusal& refusal) {
  if (refusal.why.code == errc::cost_limit)
    return tell(*context, fact::cost_limit_reached{*announced, order.task,
                                                   order.from, refusal});
  tell(*context,
       fact::rate_limit_reached{*announced, order.task, order.from, refusal,
                                refusals.admit(context->deadlines.now())});
}

void agent_state::arm_deadline() {
  auto next = pending.next_deadline();
  // Expiring too early is harmless, and most dispatches end before their
  // deadline, so the deadline is never postponed here.
  if (next && (!deadline->armed() || *next < deadline->when()))
    deadline->arm(*next - context->deadlines.now());
}

void agent_state::fail(pending_dispatch& x, life_step step,
                       const failure& why) {
  if (step != life_step::ended)
    return;
  // Release the money before the outcome, so that a retry can use it.
  x.cost.release();
  tell(*context, fact::dispatch_failed{*announced, x.order().task.session,
                                       x.order().task.message, why});
  x.outcome.settle(why);
}

// -- messages from the bridge -------------------------------------------------

void agent_state::on_frame(frame_view frame) {
  if (phase != phase_type::standing)
    return;
  if (frame.binary)
    return leave(errc::binary_frame);
  auto message = protocol::decode(frame.payload);
  if (!message)
    return on_unreadable(frame.payload, message.error());
  if (auto beat = std::get_if<heartbeat>(&*message))
    on_message(*beat);
  else if (auto report = std::get_if<progress>(&*message))
    on_message(*report);
  else if (auto answer = std::get_if<response>(&*message))
    on_message(*answer);
  // Ignore the other types, which only the daemon sends (contract section 1).
}

void agent_state::on_unreadable(std::string_view frame, const failure& why) {
  ++context->counts.invalid_frames;
  // Searching costs as much as parsing, so do it only if a response is awaited.
  auto found = pending.size() > 0 ? protocol::find_response_remains(frame)
                                  : std::nullopt;
  if (!found)
    return ignore_frame(why);
  if (found->agent && !names_me(*found->agent, found->message))
    return;
  auto entry = pending.extract(found->message);
  if (!entry)
    return ignore_frame(why);
  refuse_result(errc::unreadable_response, announced->agent, found->message,
                next_complaint(), why.detail);
  auto cost = entry->cost.settle(
      announced->agent, protocol::cost_of(found->usage, entry->cost.price()),
      wall_clock_now());
  fail(*entry, entry->life.on_error(entry->life.attempt()),
       {errc::unreadable_response,
        std::string{sentence(errc::unreadable_response)} + ": " + why.detail});
  tell_cost(cost, found->message, entry->order().task.session);
}

bool agent_state::names_me(const agent_id& claimed, const message_id& message) {
  if (claimed == announced->agent)
    return true;
  refuse_result(errc::forged_result, claimed, message, next_complaint());
  return false;
}

fact::log_turn agent_state::next_complaint() {
  return complaints.admit(context->deadlines.now());
}

void agent_state::ignore_frame(const failure& why) {
  tell(*context, fact::frame_ignored{*announced, from, why, next_complaint()});
}

void agent_state::refuse_result(errc why, const agent_id& claimed,
                                const message_id& message, fact::log_turn log,
                                std::string_view detail) {
  tell(*context, fact::result_refused{*announced, from, why, claimed, message,
                                      ++refused_results, log, detail});
}

void agent_state::on_message(heartbeat& x) {
  if (!names_me(x.agent, {}))
    return;
  ++context->counts.heartbeats;
  life->beat(session->last_inbound());
  announced->vitals->last_heartbeat_us.store(
      wall_clock_now().time_since_epoch().count(), std::memory_order_relaxed);
  // A bridge with a full queue learns nothing from an echo, and a flood of
  // heartbeats must not fill the queue.
  if (!session->is_full())
    session->send(protocol::encode(x));
}

void agent_state::on_message(progress& x) {
  if (!names_me(x.agent, x.message))
    return;
  auto* entry = pending.find(x.message);
  // Not logged: a bridge may go on reporting after its dispatch has timed out.
  if (entry == nullptr)
    return refuse_result(errc::unknown_message, x.agent, x.message, {});
  entry->life.on_progress(entry->life.attempt());
  auto report = std::make_shared<const progress>(std::move(x));
  tell(*context, fact::progress_reported{*announced,
                                         entry->order().task.session, report});
  entry->outcome.report(report);
  pause_while_others_are_behind(entry->order());
}

void agent_state::on_message(response& x) {
  if (!names_me(x.agent, x.message))
    return;
  auto entry = pending.extract(x.message);
  if (!entry)
    return refuse_result(errc::unknown_message, x.agent, x.message,
                         next_complaint());
  // Stock bridges, which are written in Python, treat an empty error text as no
  // error.
  if (x.error && x.error->empty())
    x.error.reset();
  auto attempt = entry->life.attempt();
  x.error ? entry->life.on_error(attempt) : entry->life.on_response(attempt);
  auto cost = entry->cost.settle(
      announced->agent, protocol::cost_of(x.usage, entry->cost.price()),
      wall_clock_now());
  auto is_implausible = cost && cost->implausible.has_value();
  auto result = std::make_shared<const response>(std::move(x));
  auto about = entry->order().task.session;
  // The event first, so that a requester that asks for the record finds it.
  tell(*context,
       fact::response_received{*announced, about, result, is_implausible});
  tell_cost(cost, result->message, about);
  entry->outcome.settle(std::move(result));
  pause_while_others_are_behind(entry->order());
}

void agent_state::tell_cost(const std::optional<admission::settlement>& cost,
                            const message_id& message,
                            const shared_session& about) {
  if (!cost)
    return;
  if (cost->implausible)
    tell(*context, fact::cost_implausible{*announced, from, about, message,
                                          *cost->implausible, cost->cost,
                                          next_complaint()});
  tell(*context, fact::cost_recorded{*announced, about, message, *cost});
}

void agent_state::pause_while_others_are_behind(const dispatch_order& order) {
  auto pause = milliseconds{0};
  if (context->core.event_backlog->load(std::memory_order_relaxed)
      >= hub_backlog_limit)
    pause = hub_pause_time;
  const auto& requester = order.requester_is_behind;
  if (requester && requester->load(std::memory_order_relaxed))
    pause = requester_pause_time;
  if (pause.count() == 0)
    return;
  session->pause_reading();
  if (!reading_pause)
    reading_pause = std::make_unique<net::deadline>(
        context->deadlines, [socket = session] { socket->resume_reading(); });
  reading_pause->arm(pause);
}

} // namespace bridgekeeper::actors
