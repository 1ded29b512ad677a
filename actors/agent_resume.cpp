// The dispatches of a bridge that speaks protocol 1.1 outlive its link: the
// bridge reconnects, lists what it still has, and continues its work
// (contract section 1).

#include "actors/agent.hpp"
#include "actors/dispatch_shelf.hpp"
#include "actors/store_port.hpp"
#include "actors/tell.hpp"
#include "domain/explaining_ends.hpp"
#include "net/error_boundary.hpp"
#include "protocol/codec.hpp"
#include "store/dispatches/crash_points.hpp"

#include <caf/send.hpp>

#include <algorithm>
#include <chrono>
#include <memory>
#include <unordered_set>
#include <utility>

namespace bridgekeeper::actors {

namespace {

using std::chrono::milliseconds;

/// How long the queue of a replaced agent waits for its successor, which has
/// already registered.
constexpr milliseconds successor_timeout{10'000};

/// A bridge that comes back after the deadline of an attempt has this long to
/// deliver a result that it finished in time.
constexpr std::chrono::seconds handover_timeout{10};

/// How many dispatches a bridge may list after its registration: more than it
/// can have been sent and not finished.
constexpr std::size_t max_resumed = 20'000;

constexpr milliseconds usual_heartbeat_interval{30'000};
constexpr milliseconds shortest_heartbeat_interval{1'000};

/// The interval of a bridge's heartbeats: the one that the bridge asked for,
/// within limits, so that three heartbeats fit into the timeout if possible.
milliseconds heartbeat_interval(const registration_terms& asked,
                                milliseconds timeout) {
  auto longest = std::max(shortest_heartbeat_interval, timeout / 3);
  return std::clamp(asked.heartbeat_interval.value_or(usual_heartbeat_interval),
                    shortest_heartbeat_interval, longest);
}

} // namespace

// -- the link ends ------------------------------------------------------------

bool agent_state::may_come_back(const announcement& agent, errc why) {
  return !agent.instance.empty() && why != errc::evicted
         && why != errc::token_revoked && why != errc::drained;
}

milliseconds agent_state::time_to_return(const thread_context& context,
                                         const announcement& agent, errc why) {
  return may_come_back(agent, why) ? context.agent.resume_grace
                                   : successor_timeout;
}

void agent_state::part_with(pending_dispatch x, errc why, const failure& fate) {
  // Without a store, no later daemon could await the bridge.
  if (has_bridge_ended || !may_come_back(*announced, why)
      || (context->draining && !context->store)) {
    x.life.on_lost(x.life.sent_to(), why);
    return end_without_response(*context, {announced, from}, std::move(x),
                                fate);
  }
  // The next daemon awaits it, so this one need not.
  if (why == errc::draining) {
    ++context->counts.waits_begun;
    return x.outcome.drop();
  }
  await_return(*context, {announced, from}, std::move(x));
}

void agent_state::await_return(thread_context& context, bridge_identity who,
                               pending_dispatch x) {
  auto link = x.life.sent_to();
  auto grace = context.agent.resume_grace;
  x.life.on_link_down(link);
  // Its frame may not even have been written.
  if (x.attempt_due == time_point::max())
    x.attempt_due = context.deadlines.now() + x.order().timeout;
  if (context.store)
    context.store->submit(store::await_bridge{x.row, x.life.attempt(), link,
                                              wall_clock_now() + grace});
  x.is_waiting = true;
  ++context.counts.waits_begun;
  shelve(context,
         {std::move(who), std::move(x), context.deadlines.now() + grace});
}

void agent_state::give_up_awaited(errc why, const failure& fate) {
  auto all = [](const pending_dispatch&) { return true; };
  for (auto& x : context->shelf->take_awaited(announced->agent, all))
    net::contain("the end of an awaited dispatch", [&] {
      x.entry.outcome.move_to(*context);
      x.entry.life.on_lost(x.entry.life.sent_to(), why);
      end_without_response(*context, std::move(x.who), std::move(x.entry),
                           fate);
    });
}

void agent_state::release_hold() {
  if (!terms || number == incarnation{})
    return;
  context->shelf->release(announced->agent, number);
  // Its successor waits until this agent has put everything on the shelf.
  caf::anon_send(context->core.dispatcher, fetch_atom_v, announced->agent);
}

// -- the bridge is back -------------------------------------------------------

bool agent_state::must_await_predecessor() const {
  return terms && context->shelf->is_held_before(announced->agent, number);
}

registered_terms agent_state::resume() {
  auto timeout = context->agent.liveness.timeout;
  registered_terms out{number, heartbeat_interval(*terms, timeout), timeout};
  // Another link is about to take over, or the daemon stops.
  if (leave_once_joined)
    return out;
  auto listed = std::exchange(terms->resume, {});
  is_resuming = std::exchange(terms->resume_more, false);
  auto adopted = settle_awaited(listed);
  for (auto& x : listed)
    (adopted.contains(x.message) ? out.adopted : out.cancelled)
        .push_back(std::move(x.message));
  return out;
}

void agent_state::on_message(resume_list& x) {
  if (!is_resuming || !names_me(x.agent, {}))
    return;
  resumed += x.entries.size();
  if (resumed > max_resumed)
    return leave(errc::invalid_message,
                 "Too many dispatches are listed in resume messages");
  is_resuming = x.more;
  auto adopted = settle_awaited(x.entries);
  for (const auto& entry : x.entries)
    if (!adopted.contains(entry.message)
        && pending.find(entry.message) == nullptr)
      send_frame(frame_kind::cancel,
                 protocol::encode(cancel_request{entry.message, "superseded"}));
  send_resumed_frames();
  leave_if_idle();
}

std::unordered_set<message_id>
agent_state::settle_awaited(const std::vector<resume_entry>& listed) {
  std::unordered_map<message_id, resume_state> states;
  for (const auto& x : listed)
    states.emplace(x.message, x.state);
  std::unordered_set<message_id> adopted;
  auto is_due = [&](const pending_dispatch& x) {
    return !is_resuming || states.contains(x.wire_id());
  };
  for (auto& x : context->shelf->take_awaited(announced->agent, is_due))
    net::contain("the return of a dispatch", [&] {
      auto found = states.find(x.entry.wire_id());
      auto state =
          found != states.end() ? std::optional{found->second} : std::nullopt;
      if (resume_one(std::move(x), state) && state)
        adopted.insert(found->first);
    });
  return adopted;
}

void agent_state::adopt_if_awaited(const message_id& wire_id) {
  if (is_resuming)
    std::ignore = settle_awaited({{wire_id, resume_state::finished}});
}

bool agent_state::resume_one(waiting_dispatch x,
                             std::optional<resume_state> listed) {
  auto& entry = x.entry;
  entry.outcome.move_to(*context);
  auto is_same = terms
                 && (x.who.agent->instance == terms->instance
                     || store::is_mutated("no_instance_check"));
  // After a restart, the bridge knows only the results that its earlier process
  // has left on disk.
  if (!is_same && listed != resume_state::finished) {
    entry.life.on_lost(entry.life.sent_to(), errc::agent_lost);
    end_without_response(
        *context, std::move(x.who), std::move(entry),
        {errc::agent_lost, lost_because(bridge_was_restarted)});
    return false;
  }
  auto is_overdue = entry.attempt_due <= context->deadlines.now();
  // A frame whose deadline has passed is not sent again.
  if (!listed && is_overdue) {
    entry.life.on_grace_over(true);
    end_without_response(*context, std::move(x.who), std::move(entry),
                         {errc::timeout, {}});
    return false;
  }
  auto step = entry.life.on_resumed(number, listed.has_value());
  if (step == life_step::adopted || step == life_step::resent) {
    adopt(std::move(entry), step == life_step::resent);
    return true;
  }
  end_without_response(
      *context, std::move(x.who), std::move(entry),
      {errc::agent_lost, lost_because(bridge_forgot_dispatch)});
  return false;
}

void agent_state::adopt(pending_dispatch x, bool is_resent) {
  x.is_waiting = false;
  ++context->counts.waits_ended;
  auto due =
      std::max(x.attempt_due, context->deadlines.now() + handover_timeout);
  auto id = x.wire_id();
  store::adopt operation{x.row, x.life.attempt(), number,
                         announced->instance.str()};
  auto bytes = footprint(x.order());
  auto end_by = x.end_by;
  pending.add(id, std::min(due, end_by), std::move(x), bytes);
  arm_deadline();
  auto is_early = !context->store || store::is_mutated("resend_first");
  if (is_resent && is_early)
    resumed_frames.push_back(id);
  if (!context->store)
    return;
  context->store->submit(std::move(operation),
                         [id, must_send = is_resent && !is_early,
                          line = get_line()](const store::completion& done) {
                           if (line->agent == nullptr || !must_send
                               || done.what != store::outcome::applied)
                             return;
                           line->agent->resumed_frames.push_back(id);
                           line->agent->send_resumed_frames();
                         });
}

void agent_state::send_resumed_frames() {
  if (phase != phase_type::standing)
    return;
  for (const auto& id : std::exchange(resumed_frames, {}))
    if (auto* entry = pending.find(id)) {
      entry->sent_at = context->deadlines.now();
      send_frame(frame_kind::dispatch, frame_of(*entry));
    }
}

} // namespace bridgekeeper::actors
