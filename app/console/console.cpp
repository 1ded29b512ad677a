#include "app/console/console.hpp"

#include "actors/failure_errors.hpp"
#include "app/console/console_session.hpp"

#include <caf/exit_reason.hpp>
#include <caf/scheduled_actor.hpp>
#include <caf/send.hpp>

#include <utility>

namespace bridgekeeper::console {

namespace {

/// All operators connect over the loopback interface, so they share one address
/// in the throttle.
const std::string operators_address = "console";

} // namespace

console_state::~console_state() {
  for (auto& [number, handshake] : held)
    handshake.to.deliver(to_error(errc::draining));
  for (const auto& x : sessions)
    caf::anon_send_exit(x, caf::exit_reason::user_shutdown);
}

caf::result<std::string> console_state::on_handshake(const std::string& token) {
  origin from;
  auto turn = gate(from).take_turn(token);
  if (turn.too_many)
    return to_error(errc::too_many_attempts);
  if (turn.delay > std::chrono::milliseconds{0}) {
    auto to = self->make_response_promise<std::string>();
    auto number = ++handshakes;
    held.emplace(number, held_handshake{net::secret_text{token}, to});
    self->delayed_send(self, turn.delay, due_atom_v, number);
    return to;
  }
  auto label = judge(token);
  if (!label)
    return to_error(label.error());
  return *label;
}

actors::doorkeeper<const console_world>
console_state::gate(const origin& from) const {
  return {*world,
          fact::token_refused{.where = fact::gate::console,
                              .from = from,
                              .at = std::chrono::steady_clock::now()},
          operators_address};
}

result<std::string> console_state::judge(const std::string& secret) {
  origin from;
  auto checks = gate(from);
  auto who = checks.identify(secret, *world->tokens(), wall_clock_now());
  if (who)
    from.token = (*who)->label;
  auto refused = who ? missing_scope(**who, token_scope::admin)
                     : std::optional{who.error()};
  if (refused) {
    checks.refuse(*refused);
    return *refused;
  }
  tell(*world, fact::token_accepted{fact::gate::console, from});
  return from.token;
}

console_session_actor
console_state::on_attach(const console_terminal& terminal) {
  auto session =
      spawn_on(self->home_system(), nullptr, console_session, world, terminal);
  self->monitor(session);
  sessions.push_back(session);
  return session;
}

void console_state::on_due(std::uint64_t number) {
  // A remote operator could send this message as well, to skip the delay.
  if (self->current_sender() != self->ctrl())
    return;
  auto due = held.extract(number);
  if (!due)
    return;
  auto label = judge(due.mapped().token.str());
  if (label)
    due.mapped().to.deliver(*label);
  else
    due.mapped().to.deliver(to_error(label.error()));
}

console_inside::behavior_type
console(console_state::self_type* self,
        std::shared_ptr<const console_world> world) {
  self->join_statistics(world->actor_stats, std::nullopt);
  self->state.world = std::move(world);
  self->set_down_handler([self](const caf::down_msg& down) {
    std::erase_if(self->state.sessions,
                  [&](const auto& x) { return x.address() == down.source; });
  });
  // By default, CAF prints unexpected messages to standard error, which would
  // end up in the daemon's log.
  self->set_default_handler(caf::drop);
  return {
      [self](handshake_atom, const std::string& token) {
        return self->state.on_handshake(token);
      },
      [self](attach_atom, const console_terminal& terminal) {
        return self->state.on_attach(terminal);
      },
      [self](due_atom, std::uint64_t number) { self->state.on_due(number); },
  };
}

} // namespace bridgekeeper::console
