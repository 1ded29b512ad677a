// How dispatches wait for their agent, and how they are sent to its bridge.

#include "actors/agent.hpp"
#include "actors/dispatch_acceptance.hpp"
#include "actors/dispatch_shelf.hpp"
#include "actors/failure_errors.hpp"
#include "actors/store_port.hpp"
#include "actors/tell.hpp"
#include "net/error_boundary.hpp"
#include "protocol/codec.hpp"
#include "store/dispatches/crash_points.hpp"

#include <algorithm>
#include <chrono>
#include <iterator>
#include <memory>
#include <utility>

namespace bridgekeeper::actors {

namespace {

/// While the queue of its socket is full, a bridge is sent nothing for so long.
constexpr std::chrono::milliseconds full_socket_pause{100};

fact::dispatch_sent sent(const announcement& agent, const pending_dispatch& x) {
  const auto& task = x.order().task;
  return {agent, task.session, task.message, x.life.attempt()};
}

fact::dispatch_started started(const announcement& agent,
                               const pending_dispatch& x) {
  const auto& order = x.order();
  return {agent, order.task, order.followup_to, order.from, order.trace.parent};
}

/// The frame could not leave.
fact::dispatch_queued queued_again(const announcement& agent,
                                   const pending_dispatch& x) {
  const auto& task = x.order().task;
  return {agent, task.session, task.message, fact::queue_cause::link_ended};
}

store::event_list events_of_start(const announcement& agent,
                                  const pending_dispatch& x) {
  auto out =
      x.is_unassigned ? event_of(started(agent, x)) : store::event_list{};
  auto more = event_of(sent(agent, x));
  std::move(more.begin(), more.end(), std::back_inserter(out));
  return out;
}

/// The start of an attempt is on record, or need not be.
void tell_sent(thread_context& context, const announcement& agent,
               pending_dispatch& x) {
  // A dispatch that names no agent was counted when it was accepted, but only
  // now belongs to anyone's events.
  if (std::exchange(x.is_unassigned, false)) {
    if (!context.store)
      publish(context, event_teller{}(started(agent, x)));
    audit_teller{context.audit}(started(agent, x));
  }
  x.is_waiting = false;
  tell_recorded(context, sent(agent, x));
}

} // namespace

const std::shared_ptr<agent_state::lifeline>& agent_state::get_line() {
  if (!line)
    line = std::make_shared<lifeline>(lifeline{this});
  return line;
}

bool agent_state::has_free_slot() const {
  return takes_work(*announced->vitals)
         && pending.size() + unrecorded.sends + starting + count_late()
                < announced->slots;
}

std::string agent_state::frame_of(const pending_dispatch& x) const {
  const auto& task = x.order().task;
  auto attempt = x.life.attempt();
  if (attempt == 1 && !terms)
    return protocol::encode(task);
  auto sent = task;
  sent.message = x.wire_id();
  if (terms) {
    sent.terms =
        terms_of(x.order(), attempt, std::min(x.attempt_due, x.end_by));
    if (x.is_session_gone)
      sent.terms->agent_session_id.clear();
  }
  return protocol::encode(sent);
}

dispatch_terms agent_state::terms_of(const dispatch_order& order,
                                     std::uint16_t attempt,
                                     time_point due) const {
  auto now = context->deadlines.now();
  auto left = std::min(std::chrono::ceil<std::chrono::milliseconds>(due - now),
                       order.timeout);
  return {order.task.message, attempt,
          std::max(left, std::chrono::milliseconds{1}), order.followup_to,
          order.agent_session_id};
}

std::size_t agent_state::count_late() const {
  // Mostly there are none, and reading the clock costs more than looking.
  return late.empty() ? 0 : late.count_busy(context->deadlines.now());
}

void agent_state::note_load() {
  announced->vitals->load.store(pending.size() + queue.size() + unrecorded.count
                                    + starting + count_late(),
                                std::memory_order_relaxed);
}

void agent_state::enqueue(pending_dispatch x) {
  auto place = x.terms();
  if (queue.contains(place.id)) {
    // Another dispatch has this id. Nobody could tell them apart.
    x.life.on_agent_gone(errc::internal);
    return end_without_response(*context, {announced, from}, std::move(x),
                                {errc::internal, {}});
  }
  queue.push(std::move(place), std::move(x));
  arm_deadline();
}

void agent_state::fetch() {
  if (phase == phase_type::joining && number != incarnation{}
      && !is_being_recorded)
    return welcome();
  if (phase != phase_type::standing)
    return;
  // What an earlier link has left only now, or left to a bridge that could have
  // resumed it.
  if (!is_resuming) {
    std::ignore = settle_awaited({});
    send_resumed_frames();
  }
  for (auto& x :
       context->shelf->take(announced->agent, context->deadlines.now())) {
    x.entry.outcome.move_to(*context);
    enqueue(std::move(x.entry));
  }
  send_next();
}

bool agent_state::fetch_unassigned() {
  if (!context->shelf->has_unassigned())
    return false;
  auto found =
      context->shelf->take_unassigned(*announced, context->deadlines.now());
  if (!found)
    return false;
  auto order = std::make_shared<dispatch_order>(found->entry.order());
  order->task.agent = announced->agent;
  found->entry.outcome.name_agent(std::move(order));
  found->entry.outcome.move_to(*context);
  found->entry.is_unassigned = true;
  enqueue(std::move(found->entry));
  return true;
}

void agent_state::send_next() {
  leave_if_idle();
  if (queue.empty() && !context->shelf->has_unassigned())
    return note_load();
  // While the daemon stops, what waits is for the next one, if that can know.
  auto is_open =
      phase == phase_type::standing && !(context->draining && context->store);
  auto now = context->deadlines.now();
  queue.admit_retries(now);
  while (is_open && has_free_slot()
         && (queue.has_ready() || context->shelf->has_unassigned())) {
    if (session->is_full()) {
      deadline->arm(full_socket_pause);
      break;
    }
    if (!queue.has_ready() && !fetch_unassigned())
      break;
    auto next = queue.extract_next(now);
    if (!next)
      break;
    start_attempt(std::move(*next));
  }
  arm_deadline();
}

void agent_state::start_attempt(pending_dispatch x) {
  x.life.on_sent(number);
  // While it waited, which may take days, it kept no money from others.
  if (x.life.attempt() > 1)
    x.cost = context->admissions->reserve_again(announced->agent);
  if (context->store)
    return record_start(std::move(x));
  tell_sent(*context, *announced, x);
  auto frame = frame_of(x);
  send_to_bridge(std::move(x), std::move(frame));
}

void agent_state::record_start(pending_dispatch x) {
  store::mark_sent operation{.number = x.row,
                             .attempt = x.life.attempt(),
                             .link = number,
                             .instance = announced->instance.str(),
                             .deadline = wall_clock_now() + x.order().timeout,
                             .events = events_of_start(*announced, x)};
  if (x.is_unassigned)
    operation.agent = announced->agent;
  ++starting;
  auto held = std::make_shared<pending_dispatch>(std::move(x));
  context->store->submit(
      std::move(operation),
      [held, line = get_line(), &here = *context,
       who = bridge_identity{announced, from},
       link = number](const store::completion& done) {
        // The final answer follows.
        if (done.what == store::outcome::unknown)
          return;
        auto* agent = line->agent;
        if (agent != nullptr)
          --agent->starting;
        // The store ends; the dispatch is left to the next daemon.
        if (done.what == store::outcome::not_stored)
          return held->outcome.drop();
        if (done.what != store::outcome::applied) {
          held->life.on_unsent(link);
          held->life.on_agent_gone(errc::internal);
          end_without_response(here, who, std::move(*held), to_failure(done));
          if (agent != nullptr)
            agent->send_next();
          return;
        }
        tell_sent(here, *who.agent, *held);
        if (agent == nullptr || agent->phase != phase_type::standing)
          return give_back(here, who, link, std::move(*held), *line);
        if (agent->end_if_cancelled(*held))
          return agent->send_next();
        store::crash_point("before_frame");
        auto frame = agent->frame_of(*held);
        agent->send_to_bridge(std::move(*held), std::move(frame));
        store::crash_after("after_frame");
      },
      held->order().options.level);
}

void agent_state::give_back(thread_context& context, bridge_identity who,
                            incarnation link, pending_dispatch x,
                            const lifeline& line) {
  auto is_queued = x.life.state() == dispatch_state::queued;
  auto why = line.left.value_or(errc::agent_lost);
  // A bridge that comes back does not know it, and is sent the frame then. One
  // that has ended leaves it to its successor.
  if (!is_queued && !context.draining && !line.has_bridge_ended
      && may_come_back(*who.agent, why))
    return await_return(context, std::move(who), std::move(x));
  auto may_wait = x.waits_for_agent();
  auto may_return = why == errc::replaced || may_come_back(*who.agent, why);
  // A daemon that stops leaves it to the next one, and an agent to its
  // successor.
  if (!may_wait && !context.draining && !may_return) {
    is_queued ? x.life.on_agent_gone(errc::agent_lost)
              : x.life.on_lost(link, errc::agent_lost);
    return end_without_response(context, std::move(who), std::move(x),
                                {errc::agent_lost, {}});
  }
  auto lost_by =
      may_wait || !may_return
          ? time_point::max()
          : context.deadlines.now() + time_to_return(context, *who.agent, why);
  if (is_queued)
    return shelve(context, {std::move(who), std::move(x), lost_by});
  // The frame has never left, so no attempt is used up.
  x.life.on_unsent(link);
  store::unsend operation{x.row, x.life.attempt(), link,
                          event_of(queued_again(*who.agent, x))};
  auto held = std::make_shared<pending_dispatch>(std::move(x));
  context.store->submit(
      std::move(operation), [&context, who = std::move(who), held,
                             lost_by](const store::completion& done) {
        if (done.what == store::outcome::unknown)
          return;
        held->is_waiting = true;
        tell_recorded(context, queued_again(*who.agent, *held));
        shelve(context, {who, std::move(*held), lost_by});
      });
}

void agent_state::leave_queue(errc why, const failure& fate) {
  for (auto& x : queue.extract_all())
    net::contain("the end of a waiting dispatch", [&] {
      // A daemon that has recorded it leaves it to the next one.
      if (why == errc::draining && context->store)
        return x.outcome.drop();
      // Neither a replaced agent is gone nor one that may come back: its
      // successor goes on with the queue.
      auto is_kept = !context->draining || context->store;
      auto may_wait = x.waits_for_agent() && is_kept;
      auto may_return =
          why == errc::replaced || (may_come_back(*announced, why) && is_kept);
      if (may_wait || may_return) {
        waiting_dispatch waiting{{announced, from}, std::move(x)};
        if (!may_wait)
          waiting.lost_by = context->deadlines.now()
                            + time_to_return(*context, *announced, why);
        return shelve(*context, std::move(waiting));
      }
      x.life.on_agent_gone(why);
      end_without_response(*context, {announced, from}, std::move(x), fate);
    });
}

void agent_state::end_overdue_in_queue() {
  auto now = context->deadlines.now();
  while (auto x = queue.extract_expired(now))
    end_overdue(*context, {announced, from}, std::move(*x));
}

caf::result<std::uint64_t> agent_state::place_of(const message_id& id) const {
  if (auto count = queue.count_before(id))
    return std::uint64_t{*count};
  return to_error(errc::unknown_dispatch);
}

void agent_state::arm_deadline() {
  note_load();
  auto now = context->deadlines.now();
  auto next = pending.next_deadline();
  auto consider = [&next](const std::optional<time_point>& x) {
    if (x && *x != time_point::max())
      next = std::min(next.value_or(*x), *x);
  };
  consider(queue.next_due());
  // When it frees a slot for something that waits.
  if (!queue.empty() || context->shelf->has_unassigned())
    consider(late.next_change(now));
  // Expiring too early is harmless, and most dispatches end before their
  // deadline, so the deadline is never postponed here.
  if (next && (!deadline->armed() || *next < deadline->when()))
    deadline->arm(*next - now);
}

} // namespace bridgekeeper::actors
