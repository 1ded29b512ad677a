#pragma once

// Private to this room: what its Beast-based files share. Beast is heavy, so no
// header that leaves the room includes it.

#include "net/connection_ledger.hpp"
#include "net/http_session.hpp"
#include "net/tls_stream.hpp"
#include "net/websocket_session.hpp"

#include <boost/beast/http/message.hpp>
#include <boost/beast/http/string_body.hpp>

#include <memory>
#include <string>

namespace bridgekeeper::net {

using upgrade_request =
    boost::beast::http::request<boost::beast::http::string_body>;

/// What a connection holds while it lasts, whatever it is turned into.
template <class Stream>
struct basic_connection {
  /// A `tcp_socket`, or a `tls_stream` whose handshake is done.
  Stream stream;
  std::string peer_ip;
  /// Counted against the limit; freed with the connection.
  connection_ledger::place_ptr place;
  /// Called once when the connection is gone.
  std::shared_ptr<void> presence;
};

using connection = basic_connection<tcp_socket>;

using tls_connection = basic_connection<tls_stream>;

// Sessions are templates over the stream, made for these two.

template <class Stream>
[[nodiscard]] std::shared_ptr<http_session>
make_http_session(basic_connection<Stream> peer, const http_options& options,
                  deadline_queue& deadlines);

template <class Stream>
[[nodiscard]] std::shared_ptr<websocket_session>
make_websocket_session(basic_connection<Stream> peer, upgrade_request request,
                       const websocket_options& options,
                       deadline_queue& deadlines);

} // namespace bridgekeeper::net
