#pragma once

// Private to this room: the way of a client's TLS through an HTTP proxy.

#include "net/client_proxy.hpp"
#include "net/tcp_socket.hpp"

#include <boost/system/error_code.hpp>

#include <functional>

namespace bridgekeeper::net {

/// Asks the proxy at the other end of `socket` for a tunnel to `server` (RFC
/// 9110, 9.3.6) and then calls `done`, never within this call. The error's
/// message says how the proxy has refused. `socket` must live until then; if it
/// is closed, `done` gets an error.
void open_tunnel(tcp_socket& socket, const endpoint& server,
                 const client_proxy& proxy,
                 std::function<void(boost::system::error_code)> done);

} // namespace bridgekeeper::net
