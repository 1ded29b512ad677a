#include "app/console/console.hpp"

#include "actors/failure_errors.hpp"
#include "actors/thread_context.hpp"
#include "app/console/console_session.hpp"
#include "net/log_line.hpp"

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

caf::result<bool> console_state::on_handshake(const std::string& token) {
  auto now = std::chrono::steady_clock::now();
  auto turn = world->throttle->take_turn(operators_address, token, now);
  if (turn.too_many) {
    world->audit.auth_failure(audit_gate::console, errc::too_many_attempts, {},
                              now);
    return to_error(errc::too_many_attempts);
  }
  if (turn.delay > std::chrono::milliseconds{0}) {
    auto to = self->make_response_promise<bool>();
    auto number = ++handshakes;
    held.emplace(number, held_handshake{net::secret_text{token}, to});
    self->delayed_send(self, turn.delay, due_atom_v, number);
    return to;
  }
  if (auto refusal = judge(token))
    return to_error(*refusal);
  return true;
}

std::optional<failure> console_state::judge(const std::string& secret) {
  auto now = std::chrono::steady_clock::now();
  auto may_log = [&](errc why) {
    log_left_out(world->log_lines->collect(now));
    return world->log_lines->admit({}, "console", token(why), now);
  };
  auto who = world->tokens()->identify(secret, wall_clock_now());
  if (!who) {
    auto why = who.error().code;
    if (may_log(why))
      net::log_line(spdlog::level::warn, {.reason = token(why)},
                    "an operator's console was rejected: {}", sentence(why));
    world->audit.auth_failure(audit_gate::console, why, {}, now);
    if (why == errc::invalid_token)
      world->throttle->on_failure(operators_address, secret, now);
    return failure{why, {}};
  }
  if (!(*who)->scopes.covers(token_scope::admin)) {
    if (may_log(errc::missing_scope))
      net::log_line(
          spdlog::level::warn, {.reason = token(errc::missing_scope)},
          "an operator's console was rejected: the token {} lacks the "
          "scope admin",
          (*who)->label);
    world->audit.auth_failure(audit_gate::console, errc::missing_scope,
                              {{}, (*who)->label}, now);
    return failure{errc::missing_scope, "The token lacks the scope admin"};
  }
  world->audit.auth_success(audit_gate::console, origin{{}, (*who)->label});
  net::log_line(spdlog::level::info, {},
                "an operator attached to the console, with the token {}",
                (*who)->label);
  return std::nullopt;
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
  if (auto refusal = judge(due.mapped().token.str()))
    due.mapped().to.deliver(to_error(*refusal));
  else
    due.mapped().to.deliver(true);
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
