#pragma once

// Private to this room.

#include "net/beast_sessions.hpp"
#include "net/failure_quota.hpp"
#include "net/tls_context.hpp"

#include <chrono>
#include <functional>
#include <memory>

namespace bridgekeeper::net {

/// Makes TLS of a connection that has just been accepted, and calls `on_done`
/// on success, on the thread of `deadlines`, which is the connection's own.
/// Keeps itself alive. Whoever is not done within `limit`, or does not speak
/// TLS, is closed; `on_done` is then dropped, with its captures. Plain HTTP is
/// told in plain HTTP what is spoken here. `log_lines`: how many lines about
/// handshakes that fail may be logged.
void shake_hands(connection peer, const tls_context_ptr& context,
                 deadline_queue& deadlines, std::chrono::milliseconds limit,
                 std::shared_ptr<failure_quota> log_lines,
                 std::function<void(tls_connection)> on_done);

} // namespace bridgekeeper::net
