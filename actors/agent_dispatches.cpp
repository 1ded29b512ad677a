#include "actors/agent.hpp"
#include "actors/failure_errors.hpp"
#include "domain/limits.hpp"
#include "net/log_line.hpp"
#include "protocol/codec.hpp"
#include "protocol/response_remains.hpp"
#include "protocol/usage_cost.hpp"

#include <algorithm>
#include <utility>

namespace bridgekeeper::actors {

namespace {

using std::chrono::duration_cast;
using std::chrono::milliseconds;

/// While more events than this are waiting for the hub, reading from bridges
/// pauses.
constexpr std::size_t hub_backlog_limit = 20'000;
constexpr auto hub_pause_time = milliseconds{20};

/// How long reading from a bridge pauses after it sent something to a requester
/// that is behind. Long enough to slow the bridge down, and short enough that
/// its heartbeats are still read in time, however much it sends.
constexpr auto requester_pause_time = milliseconds{100};

/// Number of dropped messages per connection that are audited individually, so
/// that no bridge can push evidence out of the log. The entry for the
/// disconnection contains their total number.
constexpr std::uint64_t max_audited_refusals = 100;

/// Memory use of a pending dispatch.
std::size_t footprint(const dispatch_order& x) {
  return x.task.content.size() + x.task.context.str().size();
}

} // namespace

// -- dispatches ---------------------------------------------------------------

caf::result<dispatch_outcome>
agent_state::on_dispatch(const dispatch_order_ptr& order) {
  if (phase != phase_type::standing)
    return to_error(errc::agent_not_connected);
  if (!has_room_for(*order))
    return to_error(errc::too_many_pending);
  // A full queue is no reason to close the link or to fail earlier dispatches:
  // the stock bridge does not read while it works.
  if (session->is_full())
    return to_error(errc::bridge_behind);
  auto frame = protocol::encode(order->task);
  if (frame.size() >= max_frame_to_bridge)
    return to_error(failure{errc::too_large,
                            "The dispatch is larger than a bridge accepts ("
                                + std::to_string(max_frame_to_bridge)
                                + " bytes)"});
  if (pending.find(order->task.message) != nullptr)
    return to_error(failure{errc::invalid_message,
                            "A dispatch with this id is already pending"});
  auto now = context->deadlines.now();
  auto wall = wall_clock_now();
  // Last, so that a dispatch refused for another reason counts against no
  // limit.
  auto admitted =
      context->admissions->admit(announced->agent, order->from.ip, {now, wall});
  if (!admitted) {
    tell_not_admitted(*order, admitted.error());
    return to_error(admitted.error().why);
  }
  auto promise = self->make_response_promise<dispatch_outcome>();
  pending.add(order->task.message, now + order->timeout,
              pending_dispatch{order, promise, now, wall, std::move(*admitted)},
              footprint(*order));
  session->send(std::move(frame));
  arm_deadline();
  ++context->counts.dispatches;
  publish(task_dispatched{order->task.message, order->followup_to},
          order->task.session);
  if (order->followup_to)
    context->audit.task_followup(*order, *order->followup_to);
  else
    context->audit.task_dispatched(*order);
  if (order->observer)
    self->send(order->observer, accepted_atom_v, order->task.message);
  return promise;
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
  const auto& why = refusal.why;
  net::log_fields fields{.agent = announced->agent.str(),
                         .message_id = order.task.message.str(),
                         .reason = token(why.code),
                         .peer = order.from.ip};
  if (why.code == errc::cost_limit) {
    if (refusal.log_after)
      net::log_line(spdlog::level::warn, fields,
                    "a dispatch to agent {} was refused: {} {}{}",
                    announced->agent.str(), headline(why), hint(why),
                    and_more(*refusal.log_after));
    return context->audit.cost_limit_exceeded(
        announced->agent, *order.task.session, order.from, refusal.costs);
  }
  auto of_agent = refusal.agent_is_full;
  const auto& rates = refusal.rates;
  if (auto held_back = refusals.admit(context->deadlines.now()))
    net::log_line(spdlog::level::info, fields,
                  "a dispatch was refused: {} allows {} in 60 s{}",
                  of_agent ? "limits.agent_per_minute" : "limits.ip_per_minute",
                  of_agent ? rates.agent.limit : rates.ip.limit,
                  and_more(*held_back));
  context->audit.rate_limit_exceeded(announced->agent, order.from,
                                     of_agent ? "agent" : "ip", rates);
}

void agent_state::arm_deadline() {
  auto next = pending.next_deadline();
  // Expiring too early is harmless, and most dispatches end before their
  // deadline, so the deadline is never postponed here.
  if (next && (!deadline->armed() || *next < deadline->when()))
    deadline->arm(*next - context->deadlines.now());
}

void agent_state::fail(pending_dispatch& x, const failure& why) {
  ++context->counts.failed_dispatches;
  // Before the response, so that the requester can use the money for a retry.
  x.cost.release();
  publish(agent_error{x.order->task.message, why, nullptr},
          x.order->task.session);
  x.promise.deliver(to_error(why));
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
    return complain(why.code, "invalid frame ignored: " + why.detail, {});
  if (found->agent && !names_me(*found->agent, found->message))
    return;
  auto entry = pending.extract(found->message);
  if (!entry)
    return complain(why.code, "invalid frame ignored: " + why.detail, {});
  audit_refusal(errc::unreadable_response, announced->agent, found->message);
  complain(errc::unreadable_response, "invalid response: " + why.detail,
           found->message);
  auto cost = entry->cost.settle(
      announced->agent, protocol::cost_of(found->usage, entry->cost.price()),
      wall_clock_now());
  fail(*entry,
       {errc::unreadable_response,
        std::string{sentence(errc::unreadable_response)} + ": " + why.detail});
  tell_cost(cost, found->message, entry->order->task.session);
}

bool agent_state::names_me(const agent_id& claimed, const message_id& message) {
  if (claimed == announced->agent)
    return true;
  ++context->counts.forged_results;
  complain(errc::forged_result,
           "message dropped because it names another agent", message);
  audit_refusal(errc::forged_result, claimed, message);
  return false;
}

void agent_state::audit_refusal(errc why, const agent_id& claimed,
                                const message_id& message) {
  if (++refused_results <= max_audited_refusals)
    context->audit.result_refused(*announced, why, from, claimed, message);
}

void agent_state::complain(errc why, const std::string& what,
                           const message_id& message) {
  if (auto held_back = complaints.admit(context->deadlines.now()))
    net::log_line(spdlog::level::warn,
                  {.agent = announced->agent.str(),
                   .message_id = message.str(),
                   .reason = token(why),
                   .peer = from.ip},
                  "agent {}: {}{}", announced->agent.str(), what,
                  and_more(*held_back));
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
  auto entry = pending.find(x.message);
  if (entry == nullptr) {
    ++context->counts.unknown_results;
    audit_refusal(errc::unknown_message, x.agent, x.message);
    return;
  }
  ++context->counts.progress_reports;
  auto report = std::make_shared<const progress>(std::move(x));
  publish(agent_progress{report}, entry->order->task.session);
  if (entry->order->observer)
    self->send(entry->order->observer, progress_atom_v, report);
  pause_while_others_are_behind(*entry->order);
}

void agent_state::on_message(response& x) {
  if (!names_me(x.agent, x.message))
    return;
  auto entry = pending.extract(x.message);
  if (!entry) {
    ++context->counts.unknown_results;
    audit_refusal(errc::unknown_message, x.agent, x.message);
    return complain(errc::unknown_message,
                    "response dropped because dispatch " + x.message.str()
                        + " is not pending here",
                    x.message);
  }
  ++context->counts.responses;
  // Stock bridges, which are written in Python, treat an empty error text as no
  // error.
  if (x.error && x.error->empty())
    x.error.reset();
  auto cost = entry->cost.settle(
      announced->agent, protocol::cost_of(x.usage, entry->cost.price()),
      wall_clock_now());
  auto is_implausible = cost && cost->implausible.has_value();
  auto result = std::make_shared<const response>(std::move(x));
  auto about = entry->order->task.session;
  // The event first, so that a requester that asks for the record finds it.
  if (result->error)
    publish(agent_error{result->message,
                        {errc::task_failed, *result->error},
                        result,
                        is_implausible},
            about);
  else
    publish(agent_response{result, is_implausible}, about);
  tell_cost(cost, result->message, about);
  auto took = duration_cast<std::chrono::microseconds>(context->deadlines.now()
                                                       - entry->started);
  entry->promise.deliver(
      dispatch_outcome{std::move(result), entry->dispatched_at, took});
  pause_while_others_are_behind(*entry->order);
}

void agent_state::tell_cost(const std::optional<admission::settlement>& cost,
                            const message_id& message,
                            const shared_session& about) {
  if (!cost)
    return;
  if (cost->implausible) {
    complain(errc::cost_limit,
             fmt::format("reported cost of ${:g} ignored because it "
                         "exceeds cost.max_per_dispatch_usd; the tokens of "
                         "the dispatch are priced instead",
                         *cost->implausible),
             message);
    context->audit.task_cost_implausible(announced->agent, *about, message,
                                         *cost->implausible,
                                         cost->cost.to_usd());
  }
  if (cost->cost > micro_usd{})
    context->audit.task_cost_recorded(
        announced->agent, *about, message, cost->cost.to_usd(),
        cost->session_total.to_usd(), cost->daily_total.to_usd());
  if (cost->warning)
    publish(cost_warning{message, cost->session_total, cost->daily_total},
            about);
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
