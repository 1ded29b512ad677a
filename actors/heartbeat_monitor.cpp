#include "actors/heartbeat_monitor.hpp"

namespace bridgekeeper::actors {

heartbeat_monitor_actor::behavior_type
heartbeat_monitor_state::make_behavior() {
  return {[this](tick_atom) { on_tick(); }};
}

void heartbeat_monitor_state::on_tick() {
  self->delayed_send(self, options.tick, tick_atom_v);
  options.on_every_thread([](thread_context& thread) { tick(thread); });
}

heartbeat_monitor_actor::behavior_type
heartbeat_monitor(heartbeat_monitor_state::self_type* self,
                  thread_context* context, heartbeat_monitor_options options) {
  self->join_statistics(context->actor_stats,
                        context->home != nullptr ? std::optional{context->index}
                                                 : std::nullopt);
  self->state.options = std::move(options);
  self->delayed_send(self, self->state.options.tick, tick_atom_v);
  return self->state.make_behavior();
}

} // namespace bridgekeeper::actors
