#pragma once

// Private to this room: how a session treats the stream it speaks over, be it
// plain TCP or TLS. Overloads, so that plain TCP pays for nothing.

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/stream.hpp>

#include <memory>

namespace bridgekeeper::net {

/// A socket bound to the executor's concrete type: no type-erased calls.
using tcp_socket =
    boost::asio::basic_stream_socket<boost::asio::ip::tcp,
                                     boost::asio::io_context::executor_type>;

using tls_stream = boost::asio::ssl::stream<tcp_socket>;

/// The socket at the bottom.
inline tcp_socket& socket_of(tcp_socket& x) noexcept {
  return x;
}

inline tcp_socket& socket_of(tls_stream& x) noexcept {
  return x.next_layer();
}

/// Says good-bye in the stream's own words, if it has any, without waiting for
/// the peer's; the socket may be closed right after. `keep` holds the stream
/// until the operation has ended.
inline void take_leave(tcp_socket&, const std::shared_ptr<void>&) noexcept {}

inline void take_leave(tls_stream& x, const std::shared_ptr<void>& keep) {
  auto* native = x.native_handle();
  auto said = (SSL_get_shutdown(native) & SSL_SENT_SHUTDOWN) != 0;
  if (said || SSL_is_init_finished(native) == 0)
    return;
  // Asio writes the alert within this call if the socket takes it, and then
  // waits for the peer's, until the socket is closed.
  x.async_shutdown([keep](boost::system::error_code) {});
}

/// `take_leave`, and then tells TCP that no more will be written. What the peer
/// still sends is to be read from `socket_of`.
template <class Stream>
void end_output(Stream& x, const std::shared_ptr<void>& keep) {
  take_leave(x, keep);
  boost::system::error_code ignored;
  socket_of(x).shutdown(tcp_socket::shutdown_send, ignored);
}

} // namespace bridgekeeper::net
