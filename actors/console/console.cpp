#include "actors/console/console.hpp"

#include "actors/caf_compat.hpp"
#include "actors/console/console_session.hpp"

#include <caf/exit_reason.hpp>
#include <caf/scheduled_actor.hpp>
#include <caf/send.hpp>
#include <spdlog/spdlog.h>

#include <utility>

namespace bridgekeeper::actors {

console_state::~console_state() {
  for (const auto& x : sessions)
    caf::anon_send_exit(x, caf::exit_reason::user_shutdown);
}

caf::result<bool> console_state::on_knock(const std::string& token) {
  if (auto refused = world->tokens()->check(token)) {
    spdlog::warn("an operator's console was refused: {}",
                 protocol::token(*refused));
    return to_error(*refused);
  }
  spdlog::info("an operator attached to the console");
  return true;
}

console_session_actor
console_state::on_attach(const console_terminal& terminal) {
  auto session =
      spawn_on(self->home_system(), nullptr, console_session, world, terminal);
  self->monitor(session);
  sessions.push_back(session);
  return session;
}

console_actor::behavior_type
console(console_state::self_type* self,
        std::shared_ptr<const console_world> world) {
  self->enrol(world->people, std::nullopt);
  self->state.world = std::move(world);
  self->set_down_handler([self](const caf::down_msg& down) {
    std::erase_if(self->state.sessions,
                  [&](const auto& x) { return x.address() == down.source; });
  });
  // CAF would print what it does not understand, into our log.
  self->set_default_handler(caf::drop);
  return {
      [self](knock_atom, const std::string& token) {
        return self->state.on_knock(token);
      },
      [self](attach_atom, const console_terminal& terminal) {
        return self->state.on_attach(terminal);
      },
  };
}

} // namespace bridgekeeper::actors
