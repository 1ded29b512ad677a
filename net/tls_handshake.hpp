#pragma once

// Private to this room.

#include "domain/failure_quota.hpp"
#include "net/beast_sessions.hpp"
#include "net/tls_context.hpp"

#include <chrono>
#include <functional>
#include <memory>

namespace bridgekeeper::net {

/// Performs the TLS handshake on a connection that has just been accepted. On
/// success calls `on_done` on the thread of `deadlines`, which must be the
/// connection's own. Keeps itself alive. If the handshake does not succeed
/// within `limit`, or the peer does not speak TLS, the connection is closed,
/// and `on_done` is destroyed with its captures. A peer that sends plain HTTP
/// gets a plain HTTP response saying that this port requires TLS. `log_lines`
/// limits the log lines about failed handshakes.
void shake_hands(connection peer, const tls_context_ptr& context,
                 deadline_queue& deadlines, std::chrono::milliseconds limit,
                 std::shared_ptr<failure_quota> log_lines,
                 std::function<void(connection)> on_done);

} // namespace bridgekeeper::net
