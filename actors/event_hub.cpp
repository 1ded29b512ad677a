#include "actors/event_hub.hpp"

#include "actors/caf_compat.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

namespace bridgekeeper::actors {

event_hub_state::~event_hub_state() {
  if (!memory)
    return;
  memory->streams = std::move(streams);
  memory->dispatches = std::move(dispatches);
}

event_hub_actor::behavior_type event_hub_state::make_behavior() {
  return {
      [this](publish_atom, event_draft& x) { on_publish(std::move(x)); },
      [this](follow_atom, const subscription& x) { on_follow(x); },
      [this](record_atom,
             const message_id& id) -> caf::result<protocol::dispatch_record> {
        if (auto found = dispatches->find(id))
          return *found;
        return to_error(errc::unknown_dispatch);
      },
      [this](task_atom, const agent_id& id) {
        auto found = dispatches->task_of(id);
        return task_view{found != nullptr ? std::optional{*found}
                                          : std::nullopt};
      },
  };
}

void event_hub_state::on_publish(event_draft x) {
  backlog->fetch_sub(1, std::memory_order_relaxed);
  x->sequence = ++memory->sequence;
  // Readers tell events apart by their times, so no two are the same.
  memory->last_stamp =
      std::max(protocol::wall_clock_now(),
               memory->last_stamp + std::chrono::microseconds{1});
  x->at = memory->last_stamp;
  x->taken.store(true, std::memory_order_release);
  protocol::event_ptr stamped = std::move(x);
  dispatches->note(*stamped);
  for (const auto& subscriber : followers_of_all)
    self->send(subscriber, event_atom_v, stamped);
  if (auto pos = followers.find(stamped->agent); pos != followers.end())
    for (const auto& subscriber : pos->second)
      self->send(subscriber, event_atom_v, stamped);
  streams->add(std::move(stamped));
}

void event_hub_state::on_follow(const subscription& x) {
  auto past = x.with_history ? streams->since(x.agent, x.after) : past_events{};
  self->send(x.subscriber, history_atom_v, std::move(past.events), past.gap);
  auto& listeners = x.agent ? followers[*x.agent] : followers_of_all;
  if (std::find(listeners.begin(), listeners.end(), x.subscriber)
      != listeners.end())
    return;
  listeners.push_back(x.subscriber);
  if (++subscriptions[x.subscriber.address()] == 1)
    self->monitor(x.subscriber);
}

void event_hub_state::on_subscriber_down(const caf::actor_addr& subscriber) {
  auto is_it = [&](const event_subscriber& x) {
    return x.address() == subscriber;
  };
  subscriptions.erase(subscriber);
  std::erase_if(followers_of_all, is_it);
  for (auto pos = followers.begin(); pos != followers.end();) {
    std::erase_if(pos->second, is_it);
    pos = pos->second.empty() ? followers.erase(pos) : std::next(pos);
  }
}

event_hub_actor::behavior_type
event_hub(event_hub_state::self_type* self, thread_context* context,
          std::shared_ptr<core_memory> memory,
          std::shared_ptr<std::atomic<std::size_t>> backlog,
          event_hub_options options) {
  self->enrol(context->people, context->home != nullptr
                                   ? std::optional{context->index}
                                   : std::nullopt);
  auto& state = self->state;
  state.context = context;
  state.memory = std::move(memory);
  state.streams = std::exchange(state.memory->streams, {});
  if (!state.streams)
    state.streams.emplace(options.streams);
  state.dispatches = std::exchange(state.memory->dispatches, {});
  if (!state.dispatches)
    state.dispatches.emplace(options.dispatches);
  state.backlog = std::move(backlog);
  self->set_down_handler([&state](const caf::down_msg& down) {
    state.on_subscriber_down(down.source);
  });
  return state.make_behavior();
}

} // namespace bridgekeeper::actors
