#include "actors/heartbeat_monitor.hpp"

namespace bridgekeeper::actors {

heartbeat_monitor_actor::behavior_type
heartbeat_monitor_state::make_behavior() {
  return {[this](tick_atom) { on_tick(); }};
}

void heartbeat_monitor_state::on_tick() {
  self->delayed_send(self, options.tick, tick_atom_v);
  self->request(context->core.registry, caf::infinite, standing_atom_v)
      .then(
          [this](const std::vector<agent_actor>& agents) {
            for (const auto& agent : agents)
              self->send(agent, tick_atom_v);
          },
          // The registry is being replaced; the next tick asks its successor.
          [](const caf::error&) {});
}

heartbeat_monitor_actor::behavior_type
heartbeat_monitor(heartbeat_monitor_state::self_type* self,
                  thread_context* context, heartbeat_monitor_options options) {
  self->enrol(context->people, context->home != nullptr
                                   ? std::optional{context->index}
                                   : std::nullopt);
  self->state.context = context;
  self->state.options = options;
  self->delayed_send(self, options.tick, tick_atom_v);
  return self->state.make_behavior();
}

} // namespace bridgekeeper::actors
