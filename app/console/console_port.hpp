#pragma once

#include "actors/interfaces.hpp"
#include "app/console/terms.hpp"
#include "net/endpoint.hpp"
#include "net/gate.hpp"
#include "net/io_thread.hpp"

#include <mutex>
#include <string>

namespace caf {
class actor_system;
} // namespace caf

namespace bridgekeeper::console {

/// Where operators come in: a gate that asks the console about their tokens,
/// and leads those it lets in to the console.
class console_port {
public:
  /// Both must outlive the port. It listens on the thread `home`.
  console_port(net::io_thread& home, caf::actor_system& system);

  /// Operators are led to this console from now on. Any thread.
  void lead_to(actors::console_actor console);

  /// Starts to listen; returns where. Throws `std::runtime_error` with a
  /// sentence for a person. On `home`.
  [[nodiscard]] net::endpoint open(const net::endpoint& where);

  /// Lets nobody in any more. On `home`.
  void close();

private:
  void ask(std::string token, net::gate::verdict verdict);

  /// Connects CAF's network layer with an operator, through a screen.
  void let_in(int socket);

  [[nodiscard]] actors::console_actor console() const;

  net::io_thread& home_;
  caf::actor_system& system_;
  net::gate gate_;
  mutable std::mutex mutex_;
  actors::console_actor console_;
};

} // namespace bridgekeeper::console
