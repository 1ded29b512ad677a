#pragma once

// Private to this room: TLS for `websocket_connection`.

#include "net/client_transport.hpp"
#include "net/websocket_client.hpp"

#include <memory>

namespace bridgekeeper::net {

/// A client's end of TLS over TCP. Reads the files that the options name. If
/// one cannot be read, `secure` fails, and `explanation` says why.
[[nodiscard]] std::unique_ptr<client_transport>
make_tls_transport(boost::asio::io_context& context,
                   const client_tls_options& options);

} // namespace bridgekeeper::net
