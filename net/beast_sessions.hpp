#pragma once

// Private to this room: what its Beast-based files share. Beast is heavy, so no
// header that leaves the room includes it.

#include "net/connection_ledger.hpp"
#include "net/http_session.hpp"
#include "net/websocket_session.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/message.hpp>
#include <boost/beast/http/string_body.hpp>

#include <memory>
#include <string>

namespace bridgekeeper::net {

/// A socket bound to the executor's concrete type: no type-erased calls.
using tcp_socket =
    boost::asio::basic_stream_socket<boost::asio::ip::tcp,
                                     boost::asio::io_context::executor_type>;

using upgrade_request =
    boost::beast::http::request<boost::beast::http::string_body>;

/// What a connection holds while it lasts, whatever it is turned into.
struct connection {
  tcp_socket socket;
  std::string peer_ip;
  /// Counted against the limit; freed with the connection.
  connection_ledger::place_ptr place;
  /// Called once when the connection is gone.
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
