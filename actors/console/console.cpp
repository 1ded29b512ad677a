#include "actors/console/console.hpp"

#include "actors/caf_compat.hpp"
#include "actors/console/console_session.hpp"
#include "net/log_line.hpp"

#include <caf/exit_reason.hpp>
#include <caf/scheduled_actor.hpp>
#include <caf/send.hpp>

#include <utility>

namespace bridgekeeper::actors {

namespace {

/// All operators come over the loopback interface.
const std::string operators_address = "console";

} // namespace

console_state::~console_state() {
  for (auto& [number, to] : held)
    to.deliver(to_error(errc::draining));
  for (const auto& x : sessions)
    caf::anon_send_exit(x, caf::exit_reason::user_shutdown);
}

caf::result<bool> console_state::on_knock(const std::string& token) {
  auto now = std::chrono::steady_clock::now();
  if (world->throttle->is_full(operators_address, now))
    return refuse(errc::too_many_attempts);
  auto who = world->tokens()->identify(token, protocol::wall_clock_now());
  if (!who)
    return refuse(who.error().code);
  if (!(*who)->scopes.covers(token_scope::admin)) {
    net::log_line(spdlog::level::warn,
                  {.reason = protocol::token(errc::missing_scope)},
                  "an operator's console was refused: the token {} lacks the "
                  "scope admin",
                  (*who)->label);
    world->audit.auth_failure(audit_gate::console, errc::missing_scope,
                              {{}, (*who)->label}, now);
    return to_error(
        failure{errc::missing_scope, "The token lacks the scope admin"});
  }
  world->audit.auth_success(audit_gate::console, origin{{}, (*who)->label});
  net::log_line(spdlog::level::info, {},
                "an operator attached to the console, with the token {}",
                (*who)->label);
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

caf::result<bool> console_state::refuse(errc why) {
  net::log_line(spdlog::level::warn, {.reason = protocol::token(why)},
                "an operator's console was refused: {}", sentence(why));
  auto now = std::chrono::steady_clock::now();
  world->audit.auth_failure(audit_gate::console, why, {}, now);
  if (why != errc::invalid_token)
    return to_error(why);
  auto penalty = world->throttle->on_failure(operators_address, now);
  if (penalty.too_many)
    return to_error(errc::too_many_attempts);
  if (penalty.delay == std::chrono::milliseconds{0})
    return to_error(why);
  auto to = self->make_response_promise<bool>();
  auto number = ++refusals;
  held.emplace(number, to);
  self->delayed_send(self, penalty.delay, due_atom_v, number);
  return to;
}

void console_state::on_due(std::uint64_t number) {
  // Whoever reaches the console could say it is due.
  if (self->current_sender() != self->ctrl())
    return;
  auto due = held.extract(number);
  if (due)
    due.mapped().deliver(to_error(errc::invalid_token));
}

console_inside::behavior_type
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
      [self](due_atom, std::uint64_t number) { self->state.on_due(number); },
  };
}

} // namespace bridgekeeper::actors
