// How an operator cordons and drains an agent.

#include "actors/agent.hpp"
#include "actors/store_port.hpp"

namespace bridgekeeper::actors {

void agent_state::on_duty(agent_duty x) {
  leaves_when_idle = x == agent_duty::draining;
  // Also what has waited for the agent to be free.
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
  // This is recorded after all that the bridge has finished. By then the bridge
  // has been told that its last result is on record.
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
