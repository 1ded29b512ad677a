#include "app/console/console_port.hpp"

#include "actors/failure_errors.hpp"
#include "app/console/basp_screen.hpp"
#include "app/console/console_network.hpp"
#include "log/log_line.hpp"
#include "net/server/screened_link.hpp"

#include <caf/actor_system.hpp>
#include <caf/event_based_actor.hpp>

#include <stdexcept>
#include <string_view>
#include <utility>

namespace bridgekeeper::console {

console_port::console_port(net::io_thread& home, caf::actor_system& system,
                           std::shared_ptr<operators> present)
  : home_(home), system_(system), present_(std::move(present)),
    gate_(
        home, net::gate_options{console_greeting},
        [this](std::string token, net::gate::verdict verdict) {
          ask(std::move(token), std::move(verdict));
        },
        [this](int socket, const std::string& label) {
          accept_visitor(socket, label);
        }) {}

void console_port::lead_to(actors::console_actor console) {
  std::lock_guard guard{mutex_};
  console_ = std::move(console);
}

net::endpoint console_port::open(const net::endpoint& where) {
  auto bound = gate_.open(where);
  if (!bound)
    throw std::runtime_error("Cannot listen on " + to_string(where)
                             + " for the console: " + to_string(bound.error())
                             + ". Choose another address with --console "
                               "HOST:PORT, or --console off.");
  return *bound;
}

void console_port::close() {
  gate_.close();
}

void console_port::ask(std::string token, net::gate::verdict verdict) {
  // The request is sent by an actor in CAF's pool: the console's answer may
  // arrive after the I/O thread has stopped.
  system_.spawn([whom = console(), token = std::move(token),
                 verdict = std::move(verdict),
                 &home = home_](caf::event_based_actor* self) {
    // The verdict belongs to the gate, which lives on its I/O thread.
    auto say = [verdict, &home](const result<std::string>& x) {
      home.post([verdict, x] { verdict(x); });
    };
    self->request(whom, caf::infinite, actors::handshake_atom_v, token)
        .then([say](const std::string& label) { say(label); },
              [say](const caf::error& why) { say(actors::to_failure(why)); });
  });
}

void console_port::accept_visitor(int socket, const std::string& label) {
  auto approves = [screen = basp_screen{},
                   place = std::make_shared<operator_place>(present_, label)](
                      std::string_view bytes) mutable {
    auto why = screen.objection_to(bytes);
    if (!why && !screen.node().empty() && !place->take(screen.node()))
      why = "it uses the node id of another operator";
    if (why)
      log::warn("an operator's console was disconnected: {}", *why);
    return !why;
  };
  auto screened = net::link_through(std::move(approves), home_, socket);
  if (!screened)
    log::error("an operator's console cannot be connected: {}",
               to_string(screened.error()));
  else
    publish_over(system_, *screened, console());
}

actors::console_actor console_port::console() const {
  std::lock_guard guard{mutex_};
  return console_;
}

} // namespace bridgekeeper::console
