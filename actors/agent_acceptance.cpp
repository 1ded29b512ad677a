// How an agent accepts dispatches.

#include "actors/agent.hpp"
#include "actors/dispatch_acceptance.hpp"
#include "actors/dispatch_shelf.hpp"
#include "actors/failure_errors.hpp"
#include "actors/store_port.hpp"
#include "actors/tell.hpp"
#include "store/dispatches/crash_points.hpp"

#include <caf/typed_response_promise.hpp>

#include <algorithm>
#include <memory>
#include <utility>

namespace bridgekeeper::actors {

/// A dispatch on its way to being pending or queued.
struct agent_state::unsent_dispatch {
  unrecorded_dispatch record;
  /// Empty if the dispatch is queued.
  std::string frame;
  incarnation link{};
};

caf::result<acceptance>
agent_state::on_dispatch(const dispatch_order_ptr& order) {
  auto promise = self->make_response_promise<acceptance>();
  // The bridge is about to be registered, and the dispatch may wait for it.
  if (phase == phase_type::joining && order->options.queue_timeout) {
    promise.delegate(context->core.dispatcher, dispatch_atom_v, order,
                     announced);
    return promise;
  }
  try {
    auto wall = wall_clock_now();
    auto admitted = admit(*order, wall);
    if (!admitted) {
      promise.deliver(to_error(admitted.error()));
      // The registry has counted it.
      if (!order->require.empty() && announced)
        note_load();
      return promise;
    }
    auto entry = make_pending(*context, order, std::move(admitted->cost), wall);
    if (has_free_slot() && !queue.has_ready())
      entry.life.on_sent(number);
    else
      admitted->frame.clear();
    acceptance accepted{order->task.message, wall};
    if (!order->require.empty())
      accepted.agent = announced->agent;
    unsent_dispatch x{
        {*context, {announced, from}, std::move(entry), accepted, promise},
        std::move(admitted->frame),
        number};
    x.record.waits_because(cause_of_wait());
    if (context->store) {
      record(std::move(x));
    } else {
      x.record.tell();
      take_on(x);
      x.record.accept();
    }
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

fact::queue_cause agent_state::cause_of_wait() const {
  const auto& vitals = *announced->vitals;
  if (vitals.is_cordoned.load(std::memory_order_relaxed))
    return fact::queue_cause::cordoned;
  return vitals.is_bridge_draining.load(std::memory_order_relaxed)
             ? fact::queue_cause::bridge_draining
             : fact::queue_cause::busy;
}

result<agent_state::admitted_dispatch>
agent_state::admit(const dispatch_order& order, timestamp wall) {
  if (phase != phase_type::standing)
    return failure{errc::agent_not_connected, {}};
  if (!has_room_for(order))
    return failure{errc::too_many_pending, {}};
  // A full queue is no reason to close the link or to fail earlier dispatches:
  // the stock bridge does not read while it works.
  if (session->is_full()
      || session->queued_bytes() + unrecorded.frame_bytes
             > context->agent.session.queue_bytes)
    return failure{errc::bridge_behind, {}};
  auto frame =
      terms ? encode_frame(with_terms(order)) : encode_frame(order.task);
  if (!frame)
    return frame.error();
  const auto& id = order.task.message;
  if (pending.find(id) != nullptr || queue.contains(id))
    return failure{errc::invalid_message,
                   "A dispatch with this id is already pending"};
  // Last, so that a dispatch refused for another reason counts against no
  // limit.
  auto admitted = context->admissions->admit(announced->agent, order.from.ip,
                                             {context->deadlines.now(), wall});
  if (!admitted) {
    tell_not_admitted(*context, *announced, order, admitted.error(),
                      refusals.admit(context->deadlines.now()));
    return admitted.error().why;
  }
  return admitted_dispatch{std::move(*frame), std::move(*admitted)};
}

dispatch agent_state::with_terms(const dispatch_order& order) const {
  auto out = order.task;
  out.terms =
      terms_of(order, 1,
               context->deadlines.now()
                   + order.options.total_timeout.value_or(order.timeout));
  return out;
}

void agent_state::take_on(unsent_dispatch& x) {
  if (end_if_cancelled(x.record.entry()))
    return;
  if (x.record.is_queued())
    return enqueue(std::move(x.record.entry()));
  send_to_bridge(std::move(x.record.entry()), std::move(x.frame));
}

void agent_state::send_to_bridge(pending_dispatch x, std::string frame) {
  const auto& order = x.order();
  auto now = context->deadlines.now();
  auto due = std::min(now + order.timeout, x.end_by);
  if (x.first_sent == time_point{} && x.life.attempt() == 1)
    x.first_sent = now;
  auto id = x.wire_id();
  x.attempt_due = due;
  x.sent_at = now;
  if (x.life.attempt() == 1)
    observe(context->metrics.queue_wait, now - x.outcome.started());
  pending.add(id, due, std::move(x), footprint(order));
  send_frame(frame_kind::dispatch, std::move(frame));
  arm_deadline();
}

// -- with a store -------------------------------------------------------------

void agent_state::record(unsent_dispatch x) {
  auto operation = x.record.make_operation();
  if (store::is_mutated("send_first") && !x.frame.empty())
    session->send(std::exchange(x.frame, {}));
  auto unsent = std::make_shared<unsent_dispatch>(std::move(x));
  ++unrecorded.count;
  unrecorded.sends += unsent->record.is_queued() ? 0 : 1;
  unrecorded.bytes += footprint(unsent->record.entry().order());
  unrecorded.frame_bytes += unsent->frame.size();
  context->store->submit(
      std::move(operation),
      [unsent, line = get_line()](const store::completion& done) {
        on_recorded(*line, *unsent, done);
      },
      unsent->record.entry().order().options.level);
}

void agent_state::on_recorded(const lifeline& line, unsent_dispatch& x,
                              const store::completion& done) {
  auto* agent = line.agent;
  if (done.what != store::outcome::unknown && agent != nullptr) {
    --agent->unrecorded.count;
    agent->unrecorded.sends -= x.record.is_queued() ? 0 : 1;
    agent->unrecorded.bytes -= footprint(x.record.entry().order());
    agent->unrecorded.frame_bytes -= x.frame.size();
  }
  if (x.record.conclude(done)) {
    x.record.tell();
    if (agent != nullptr && agent->phase == phase_type::standing) {
      store::crash_point("before_frame");
      agent->take_on(x);
      store::crash_after("after_frame");
      x.record.accept();
      store::crash_after("after_answer");
    } else {
      // The link has ended meanwhile, so the bridge will never hear of it.
      x.record.accept();
      give_back(x.record.context(), x.record.who(), x.link,
                std::move(x.record.entry()), line);
    }
  }
  if (agent != nullptr && done.what != store::outcome::unknown)
    agent->send_next();
}

// -- limits -------------------------------------------------------------------

bool agent_state::has_room_for(const dispatch_order& order) const {
  auto count = pending.size() + queue.size() + unrecorded.count + starting;
  if (count == 0)
    return true;
  return count < context->agent.max_pending
         && pending.bytes() + queue.bytes() + unrecorded.bytes
                    + footprint(order)
                <= context->agent.max_pending_bytes;
}

void tell_not_admitted(thread_context& context, const announcement& agent,
                       const dispatch_order& order,
                       const admission_refusal& refusal, fact::log_turn log) {
  if (refusal.why.code == errc::cost_limit)
    return tell(context, fact::cost_limit_reached{agent, order.task, order.from,
                                                  refusal});
  tell(context,
       fact::rate_limit_reached{agent, order.task, order.from, refusal, log});
}

} // namespace bridgekeeper::actors
