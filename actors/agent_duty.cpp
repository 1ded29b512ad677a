// How an agent carries out a cordon or a drain.

#include "actors/agent.hpp"
#include "actors/store_port.hpp"

namespace bridgekeeper::actors {

void agent_state::on_duty(agent_duty x) {
  leaves_when_idle = x == agent_duty::draining;
  // Sends what has waited, or lets an idle agent that drains leave.
  fetch();
}

bool agent_state::is_idle() const {
  return phase == phase_type::standing && !is_resuming && pending.size() == 0
         && starting == 0 && unrecorded.sends == 0;
}

void agent_state::leave_if_idle() {
  if (!leaves_when_idle || is_parting || !is_idle())
    return;
  is_parting = true;
  if (!context->store)
    return self->send(self, duty_atom_v);
  // The store records this after everything that the bridge has finished. When
  // it answers, the bridge's last result has been acknowledged.
  context->store->submit(store::upsert_agent{.id = announced->agent,
                                             .seen = announced->connected_at},
                         [line = get_line()](const store::completion& done) {
                           if (line->agent == nullptr
                               || done.what == store::outcome::unknown)
                             return;
                           auto* agent = line->agent->self;
                           agent->send(agent, duty_atom_v);
                         });
}

void agent_state::on_settled() {
  is_parting = false;
  // The operator may have uncordoned the agent meanwhile.
  if (leaves_when_idle && is_idle())
    leave(errc::drained);
}

} // namespace bridgekeeper::actors
