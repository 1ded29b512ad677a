#pragma once

// Private to this room: shared by its Beast-based files. Beast is slow to
// compile, so no header used by other rooms includes this one.

#include "net/connection_ledger.hpp"
#include "net/http_session.hpp"
#include "net/peer_stream.hpp"
#include "net/websocket_session.hpp"

#include <boost/beast/http/message.hpp>
#include <boost/beast/http/string_body.hpp>

#include <memory>
#include <string>

namespace bridgekeeper::net {

using upgrade_request =
    boost::beast::http::request<boost::beast::http::string_body>;

/// The parts of a connection that last as long as it does, whichever session
/// currently owns it.
struct connection {
  /// If it uses TLS, sessions get it after the handshake.
  peer_stream stream;
  std::string peer_ip;
  /// Counts the connection against the limit; released with the connection.
  connection_ledger::place_ptr place;
  /// Released when the connection is gone, which calls its deleter once.
  std::shared_ptr<void> presence;
};

[[nodiscard]] std::shared_ptr<http_session>
make_http_session(connection peer, const http_options& options,
                  deadline_queue& deadlines);

[[nodiscard]] std::shared_ptr<websocket_session>
make_websocket_session(connection peer, upgrade_request request,
                       const websocket_options& options,
                       deadline_queue& deadlines);

} // namespace bridgekeeper::net
