#pragma once

#include "actors/interfaces.hpp"
#include "app/console/terms.hpp"

#include <caf/expected.hpp>
#include <caf/scoped_actor.hpp>

#include <chrono>

// Connects the actors at the two ends of a console connection over a socket.
// CAF's network layer (BASP) does not authenticate its peers: over a BASP
// connection, a peer can send anything, even an exit message, to any actor that
// it has learned of. Therefore BASP does not listen anywhere itself. It gets
// connections only from a gate (net/server/gate.hpp) that has checked the
// token. See docs/decisions/0010.

namespace bridgekeeper::console {

/// The first line that a client sends. The number changes with the protocol
/// that follows.
inline constexpr const char* console_greeting = "bridgekeeper-console/2";

/// The daemon's end: lets CAF use this connected socket, over which the peer
/// can find `console`. Takes ownership of the descriptor. Any thread.
void publish_over(caf::actor_system& system, int socket,
                  const actors::console_actor& console);

/// The operator's end: finds the console at the other end of this connected
/// socket. Takes ownership of the descriptor. Blocks for up to `timeout`. Must
/// be called on the thread of `self`.
[[nodiscard]] caf::expected<actors::console_actor>
find_over(caf::scoped_actor& self, int socket, std::chrono::seconds timeout);

} // namespace bridgekeeper::console
