#pragma once

#include "actors/interfaces.hpp"
#include "app/console/terms.hpp"

#include <caf/expected.hpp>
#include <caf/scoped_actor.hpp>

#include <chrono>

// How the console's two ends get from a socket to actors that speak to each
// other. CAF's network layer (BASP) asks nobody who he is: over a connection of
// it, any actor that was ever named to a peer can be sent anything, even an
// exit. So it gets connections only from a gate (net/gate.hpp) that has seen
// the token, and listens nowhere itself. See docs/decisions/0010.

namespace bridgekeeper::console {

/// What a visitor says first; the number changes with what the ends say next.
inline constexpr const char* console_greeting = "bridgekeeper-console/1";

/// The daemon's end: lets CAF speak over this connected socket, to a peer that
/// finds `console` there. Takes over the descriptor. Any thread.
void publish_over(caf::actor_system& system, int socket,
                  const actors::console_actor& console);

/// The operator's end: the console at the other end of this connected socket.
/// Takes over the descriptor. Blocks for up to `patience`; the thread of
/// `self`.
[[nodiscard]] caf::expected<actors::console_actor>
find_over(caf::scoped_actor& self, int socket, std::chrono::seconds patience);

} // namespace bridgekeeper::console
