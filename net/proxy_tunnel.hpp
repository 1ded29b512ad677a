#pragma once

// Private to this room: the way of a client's TLS through an HTTP proxy.

#include "net/client_proxy.hpp"
#include "net/endpoint.hpp"

#include <boost/system/error_code.hpp>

#include <functional>

namespace bridgekeeper::net {

class client_stream;

/// Asks the proxy at the other end of `stream` for a tunnel to `server` (RFC
/// 9110, 9.3.6) and then calls `done`, never within this call. The error's
/// message says how the proxy has refused. `stream` must live until then; if it
/// is closed, `done` gets an error.
void open_tunnel(client_stream& stream, const endpoint& server,
                 const client_proxy& proxy,
                 std::function<void(boost::system::error_code)> done);

} // namespace bridgekeeper::net
