#include "actors/dispatcher.hpp"

#include "actors/agent.hpp"
#include "actors/failure_errors.hpp"
#include "actors/session_ports.hpp"
#include "actors/store_port.hpp"
#include "domain/explaining_ends.hpp"
#include "net/error_boundary.hpp"

#include <algorithm>
#include <utility>

namespace bridgekeeper::actors {

namespace {

failure too_many_pending(const agent_id& agent) {
  if (!agent.empty())
    return {errc::too_many_pending, {}};
  return {errc::too_many_pending,
          "Too many dispatches wait for an agent that can do them. Connect "
          "such an agent, or try again when some of them have ended"};
}

} // namespace

dispatcher_actor::behavior_type dispatcher_state::make_behavior() {
  return {
      [this](dispatch_atom, const dispatch_order_ptr& order,
             const announcement_ptr& agent) {
        return on_dispatch(order, agent);
      },
      [this](fetch_atom, const agent_id& agent) {
        arm_deadline();
        self->send(context->core.registry, fetch_atom_v, agent);
      },
      [](ping_atom) { return true; },
      [this](due_atom) { on_due(); },
  };
}

caf::result<acceptance>
dispatcher_state::on_dispatch(const dispatch_order_ptr& order,
                              const announcement_ptr& agent) {
  auto promise = self->make_response_promise<acceptance>();
  try {
    accept(order, agent, promise);
  } catch (...) {
    // The dispatcher ends now, and CAF would leave the request unanswered.
    promise.deliver(to_error(errc::internal));
    throw;
  }
  return promise;
}

void dispatcher_state::accept(const dispatch_order_ptr& order,
                              const announcement_ptr& agent,
                              unrecorded_dispatch::promise_type promise) {
  auto wall = wall_clock_now();
  auto admitted = admit(*order, *agent, wall);
  if (!admitted) {
    promise.deliver(to_error(admitted.error()));
    return;
  }
  acceptance accepted{order->task.message, wall};
  if (!order->require.empty() && !order->task.agent.empty())
    accepted.agent = order->task.agent;
  unrecorded_dispatch x{
      *context,
      {agent, order->from},
      make_pending(*context, order, std::move(*admitted), wall),
      accepted,
      promise};
  if (context->store)
    return record(std::move(x));
  x.tell();
  shelve(*context, {x.who(), std::move(x.entry())});
  x.accept();
}

result<admission::reservation>
dispatcher_state::admit(const dispatch_order& order, const announcement& agent,
                        timestamp wall) {
  auto load = context->shelf->load_of(order.task.agent);
  if (auto pos = recording->find(order.task.agent); pos != recording->end())
    load.count += pos->second;
  const auto& limits = context->agent;
  if (load.count > 0
      && (load.count >= limits.max_pending
          || load.bytes + footprint(order) > limits.max_pending_bytes))
    return too_many_pending(order.task.agent);
  if (auto frame = encode_frame(order.task); !frame)
    return frame.error();
  auto now = context->deadlines.now();
  auto admitted =
      context->admissions->admit(order.task.agent, order.from.ip, {now, wall});
  if (!admitted) {
    tell_not_admitted(*context, agent, order, admitted.error(),
                      refusals.admit(now));
    return admitted.error().why;
  }
  return std::move(*admitted);
}

void dispatcher_state::record(unrecorded_dispatch x) {
  auto operation = x.make_operation();
  auto agent = operation.agent;
  ++(*recording)[agent];
  auto held = std::make_shared<unrecorded_dispatch>(std::move(x));
  context->store->submit(
      std::move(operation),
      [held, agent, recording = recording](const store::completion& done) {
        if (done.what != store::outcome::unknown && --(*recording)[agent] == 0)
          recording->erase(agent);
        if (!held->conclude(done))
          return;
        held->tell();
        held->accept();
        shelve(held->context(), {held->who(), std::move(held->entry())});
      },
      held->entry().order().options.level);
}

void dispatcher_state::end_awaited(waiting_dispatch x) {
  auto now = context->deadlines.now();
  if (x.entry.end_by <= now)
    return end_overdue(*context, std::move(x.who), std::move(x.entry));
  auto is_overdue = x.entry.attempt_due <= now;
  x.entry.life.on_grace_over(is_overdue);
  x.entry.expired =
      is_overdue ? fact::dispatch_timer::attempt : fact::dispatch_timer::grace;
  end_without_response(
      *context, std::move(x.who), std::move(x.entry),
      is_overdue ? failure{errc::timeout, {}}
                 : failure{errc::agent_lost, lost_because(bridge_stayed_away)});
}

void dispatcher_state::on_due() {
  auto now = context->deadlines.now();
  for (auto& x : context->shelf->take_overdue(now))
    net::contain("the end of a waiting dispatch", [&] {
      x.entry.outcome.move_to(*context);
      if (x.entry.life.is_awaited())
        return end_awaited(std::move(x));
      if (std::min(x.entry.start_by, x.entry.end_by) <= now)
        return end_overdue(*context, std::move(x.who), std::move(x.entry));
      x.entry.life.on_agent_gone(errc::agent_lost);
      end_without_response(*context, std::move(x.who), std::move(x.entry),
                           {errc::agent_lost, {}});
    });
  arm_deadline();
}

void dispatcher_state::arm_deadline() {
  auto next = context->shelf->next_due();
  if (next && (!deadline->armed() || *next < deadline->when()))
    deadline->arm(*next - context->deadlines.now());
}

dispatcher_actor::behavior_type dispatcher(dispatcher_state::self_type* self,
                                           thread_context* context) {
  self->join_statistics(context->actor_stats,
                        context->home != nullptr ? std::optional{context->index}
                                                 : std::nullopt);
  auto& state = self->state;
  state.context = context;
  state.deadline = std::make_unique<net::deadline>(context->deadlines,
                                                   telling(self, due_atom_v));
  // What a predecessor has left.
  self->send(self, due_atom_v);
  return state.make_behavior();
}

} // namespace bridgekeeper::actors
