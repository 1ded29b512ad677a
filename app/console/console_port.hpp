#pragma once

#include "actors/interfaces.hpp"
#include "app/console/operators.hpp"
#include "app/console/terms.hpp"
#include "net/endpoint.hpp"
#include "net/server/gate.hpp"
#include "net/server/io_thread.hpp"

#include <memory>
#include <mutex>
#include <string>

namespace caf {
class actor_system;
} // namespace caf

namespace bridgekeeper::console {

/// Accepts the connections of operators: a gate asks the console to check their
/// tokens and connects authenticated operators to the console.
class console_port {
public:
  /// `home` and `system` must outlive the port. The port listens on the thread
  /// `home`, and adds the operators that it connects to `present`.
  console_port(net::io_thread& home, caf::actor_system& system,
               std::shared_ptr<operators> present);

  /// Connects operators to this console from now on. Any thread.
  void lead_to(actors::console_actor console);

  /// Starts to listen and returns the address. Throws `std::runtime_error` with
  /// a sentence for the operator. On `home`.
  [[nodiscard]] net::endpoint open(const net::endpoint& where);

  /// Stops accepting connections. On `home`.
  void close();

private:
  void ask(std::string token, net::gate::verdict verdict);

  /// Connects an operator, whose token has this label, to CAF's network layer
  /// through a screen.
  void accept_visitor(int socket, const std::string& label);

  [[nodiscard]] actors::console_actor console() const;

  net::io_thread& home_;
  caf::actor_system& system_;
  std::shared_ptr<operators> present_;
  net::gate gate_;
  mutable std::mutex mutex_;
  actors::console_actor console_;
};

} // namespace bridgekeeper::console
