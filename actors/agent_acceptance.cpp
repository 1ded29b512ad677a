// How an agent accepts dispatches.

#include "actors/agent.hpp"
#include "actors/failure_errors.hpp"
#include "actors/store_port.hpp"
#include "actors/tell.hpp"
#include "domain/limits.hpp"
#include "protocol/codec.hpp"
#include "store/dispatches/crash_points.hpp"

#include <caf/typed_response_promise.hpp>

#include <chrono>
#include <utility>

namespace bridgekeeper::actors {

/// A dispatch that was admitted and is being recorded. It outlives its agent.
struct agent_state::unsent_dispatch {
  thread_context& context;
  bridge_identity who;
  incarnation link{};
  pending_dispatch entry;
  std::string frame;
  acceptance accepted;
  caf::typed_response_promise<acceptance> promise;
  bool is_answered = false;

  void accept() {
    if (!std::exchange(is_answered, true))
      promise.deliver(accepted);
  }

  void refuse(const failure& why) {
    if (!std::exchange(is_answered, true))
      promise.deliver(to_error(why));
  }
};

namespace {

/// Memory use of a pending dispatch.
std::size_t footprint(const dispatch_order& x) {
  return x.task.content.size() + x.task.context.str().size();
}

store::insert_dispatch make_operation(const dispatch_order& order,
                                      const pending_dispatch& x,
                                      const announcement& agent,
                                      timestamp now) {
  const auto& task = order.task;
  store::insert_dispatch out{.number = x.row,
                             .id = task.message,
                             .agent = task.agent,
                             .session = *task.session,
                             .state = dispatch_state::sent,
                             .link = x.life.sent_to(),
                             .followup_to = order.followup_to,
                             .deadline = now + order.timeout,
                             .content = task.content,
                             .from = order.from};
  out.key = order.key;
  if (task.context != json_object{})
    out.context = task.context.str();
  out.events = event_of(
      fact::dispatch_started{agent, task, order.followup_to, order.from});
  return out;
}

} // namespace

caf::result<acceptance>
agent_state::on_dispatch(const dispatch_order_ptr& order) {
  auto promise = self->make_response_promise<acceptance>();
  try {
    auto wall = wall_clock_now();
    auto admitted = admit(*order, wall);
    if (!admitted) {
      promise.deliver(to_error(admitted.error()));
      return promise;
    }
    pending_dispatch entry{{},
                           {*context, order, context->deadlines.now(), wall},
                           std::move(admitted->cost)};
    entry.life.on_sent(number);
    acceptance accepted{order->task.message, wall};
    if (context->store) {
      record({*context,
              {announced, from},
              number,
              std::move(entry),
              std::move(admitted->frame),
              accepted,
              promise});
    } else {
      send_to_bridge(std::move(entry), std::move(admitted->frame));
      promise.deliver(accepted);
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
  auto frame = protocol::encode(order.task);
  if (frame.size() >= max_frame_to_bridge)
    return failure{errc::too_large,
                   "The dispatch is larger than a bridge accepts ("
                       + std::to_string(max_frame_to_bridge) + " bytes)"};
  if (pending.find(order.task.message) != nullptr)
    return failure{errc::invalid_message,
                   "A dispatch with this id is already pending"};
  // Last, so that a dispatch refused for another reason counts against no
  // limit.
  auto admitted = context->admissions->admit(announced->agent, order.from.ip,
                                             {context->deadlines.now(), wall});
  if (!admitted) {
    tell_not_admitted(order, admitted.error());
    return admitted.error().why;
  }
  return admitted_dispatch{std::move(frame), std::move(*admitted)};
}

void agent_state::send_to_bridge(pending_dispatch x, std::string frame) {
  const auto& order = x.order();
  auto* entry =
      pending.add(order.task.message, context->deadlines.now() + order.timeout,
                  std::move(x), footprint(order));
  session->send(std::move(frame));
  arm_deadline();
  tell_recorded(*context, fact::dispatch_started{
                              *announced, entry->order().task,
                              entry->order().followup_to, entry->order().from});
}

// -- with a store -------------------------------------------------------------

void agent_state::record(unsent_dispatch x) {
  auto& store = *context->store;
  x.entry.row = store.next_number();
  auto operation = make_operation(x.entry.order(), x.entry, *announced,
                                  x.accepted.dispatched_at);
  if (store::is_mutated("send_first"))
    session->send(std::exchange(x.frame, {}));
  auto unsent = std::make_shared<unsent_dispatch>(std::move(x));
  if (!anchor)
    anchor = std::make_shared<agent_state*>(this);
  ++unrecorded.count;
  unrecorded.bytes += footprint(unsent->entry.order());
  unrecorded.frame_bytes += unsent->frame.size();
  store.submit(std::move(operation),
               [unsent, weak = std::weak_ptr<agent_state*>{anchor}](
                   const store::completion& done) {
                 auto agent = weak.lock();
                 on_recorded(agent ? *agent : nullptr, *unsent, done);
               });
}

void agent_state::on_recorded(agent_state* agent, unsent_dispatch& x,
                              const store::completion& done) {
  if (done.what == store::outcome::unknown)
    // The store will find out; the requester is not kept waiting.
    return x.refuse(to_failure(done));
  const auto& order = x.entry.order();
  if (agent != nullptr) {
    --agent->unrecorded.count;
    agent->unrecorded.bytes -= footprint(order);
    agent->unrecorded.frame_bytes -= x.frame.size();
  }
  if (done.what != store::outcome::applied) {
    x.context.admissions->take_back(order.task.agent, order.from.ip);
    x.entry.cost.release();
    x.entry.outcome.drop();
    if (done.what == store::outcome::duplicate) {
      x.accepted.message = done.existing;
      return x.accept();
    }
    return x.refuse(to_failure(done));
  }
  if (agent != nullptr && agent->phase == phase_type::standing
      && agent->number == x.link) {
    store::crash_point("before_frame");
    agent->send_to_bridge(std::move(x.entry), std::move(x.frame));
    store::crash_point("after_frame");
    x.accept();
    store::crash_point("after_answer");
    return;
  }
  // The link has ended meanwhile, so the bridge will never hear of it.
  tell_recorded(x.context,
                fact::dispatch_started{*x.who.agent, order.task,
                                       order.followup_to, order.from});
  x.accept();
  x.entry.life.on_lost(x.link, errc::agent_lost);
  end_without_response(x.context, x.who, std::move(x.entry),
                       {errc::agent_lost, {}});
}

// -- limits -------------------------------------------------------------------

bool agent_state::has_room_for(const dispatch_order& order) const {
  auto count = pending.size() + unrecorded.count;
  if (count == 0)
    return true;
  return count < context->agent.max_pending
         && pending.bytes() + unrecorded.bytes + footprint(order)
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

} // namespace bridgekeeper::actors
