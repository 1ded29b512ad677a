#pragma once

// Private to this room: the differences between plain TCP and TLS for a
// session. Overloads, so that plain TCP has no overhead.

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

/// The underlying socket.
inline tcp_socket& socket_of(tcp_socket& x) noexcept {
  return x;
}

inline tcp_socket& socket_of(tls_stream& x) noexcept {
  return x.next_layer();
}

/// Sends the TLS close_notify alert, if the stream uses TLS, without waiting
/// for the peer's; the socket may be closed right after. `keep` is held until
/// the operation has ended.
inline void take_leave(tcp_socket&, const std::shared_ptr<void>&) noexcept {}

inline void take_leave(tls_stream& x, const std::shared_ptr<void>& keep) {
  auto* native = x.native_handle();
  auto said = (SSL_get_shutdown(native) & SSL_SENT_SHUTDOWN) != 0;
  if (said || SSL_is_init_finished(native) == 0)
    return;
  // Asio writes the alert within this call if the socket accepts it, and then
  // waits for the peer's alert until the socket is closed.
  x.async_shutdown([keep](boost::system::error_code) {});
}

/// Calls `take_leave`, then shuts down the sending side of TCP. Remaining input
/// should be read from `socket_of`.
template <class Stream>
void end_output(Stream& x, const std::shared_ptr<void>& keep) {
  take_leave(x, keep);
  boost::system::error_code ignored;
  socket_of(x).shutdown(tcp_socket::shutdown_send, ignored);
}

} // namespace bridgekeeper::net
