#include "actors/console/console.hpp"

#include "actors/caf_compat.hpp"
#include "actors/console/console_session.hpp"

#include <spdlog/spdlog.h>

#include <utility>

namespace bridgekeeper::actors {

caf::result<console_session_actor>
console_state::on_attach(const std::string& token,
                         const console_terminal& terminal) {
  if (auto refused = world->tokens()->check(token)) {
    spdlog::warn("an operator's console was refused: {}",
                 protocol::token(*refused));
    world->audit.auth_failure(audit_gate::console, *refused, {});
    return to_error(*refused);
  }
  world->audit.auth_success(audit_gate::console, origin{});
  spdlog::info("an operator attached to the console");
  return console_session_actor{
      spawn_on(self->home_system(), nullptr, console_session, world, terminal)};
}

console_actor::behavior_type
console(console_state::self_type* self,
        std::shared_ptr<const console_world> world) {
  self->enrol(world->people, std::nullopt);
  self->state.world = std::move(world);
  return {
      [self](attach_atom, const std::string& token,
             const console_terminal& terminal) {
        return self->state.on_attach(token, terminal);
      },
  };
}

} // namespace bridgekeeper::actors
