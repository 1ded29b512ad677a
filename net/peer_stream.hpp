#pragma once

// Private to this room: the stream of a connection.

#include "net/copyable_handler.hpp"
#include "net/tcp_socket.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/beast/core/buffers_range.hpp>

#include <array>
#include <cstddef>
#include <functional>
#include <memory>
#include <utility>

namespace bridgekeeper::net {

using tls_stream = boost::asio::ssl::stream<tcp_socket>;

/// Plain TCP or, after `begin_tls`, TLS, in the form that Beast expects of a
/// stream. It is one type for both, because the compiler would otherwise
/// generate all of Beast's operations twice. Lives on one I/O thread.
///
/// Over plain TCP, an operation costs a branch more than on the socket itself.
/// Over TLS it also costs two allocations: its handler's type is erased, so
/// that reads and writes over TLS are generated only in peer_stream.cpp.
///
/// All handlers run on the socket's `io_context` and never within the call that
/// takes them. Operations must not be pending when the stream is moved.
class peer_stream {
public:
  using error_code = boost::system::error_code;
  using completion_handler = std::function<void(error_code)>;
  using transfer_handler = std::function<void(error_code, std::size_t)>;
  using executor_type = tcp_socket::executor_type;

  /// Unused elements are empty buffers.
  using output = std::array<boost::asio::const_buffer, 4>;

  explicit peer_stream(tcp_socket socket) noexcept;
  peer_stream(peer_stream&& other) noexcept;
  ~peer_stream();

  [[nodiscard]] executor_type get_executor() noexcept {
    return socket_.get_executor();
  }

  [[nodiscard]] tcp_socket& socket() noexcept {
    return tls_ ? tls_->next_layer() : socket_;
  }

  // -- TLS --------------------------------------------------------------------

  /// Switches to TLS. Nothing may be read or written until `shake_hands` has
  /// succeeded. May be called once.
  tls_stream& begin_tls(boost::asio::ssl::context& context);

  /// Performs the handshake.
  void shake_hands(tls_stream::handshake_type role, completion_handler done);

  // -- ending -----------------------------------------------------------------

  /// Over TLS, sends the close_notify alert without waiting for the peer's; the
  /// socket may be closed right after. `keep` is held until the operation has
  /// ended.
  void take_leave(const std::shared_ptr<void>& keep);

  /// Calls `take_leave`, then shuts down the sending side of TCP. Remaining
  /// input should be read from `socket`.
  void end_output(const std::shared_ptr<void>& keep);

  /// Over plain TCP, shuts down its sending side; does nothing over TLS, where
  /// an alert must be sent first.
  void end_plain_output(error_code& error);

  // -- what Beast and Asio call -----------------------------------------------

  /// Beast closes the lowest layer when its own time limits expire.
  using next_layer_type = tcp_socket;

  [[nodiscard]] next_layer_type& next_layer() noexcept {
    return socket();
  }

  // These take handlers, not completion tokens. Their result is `void` rather
  // than deduced, because Beast's checks of a stream would otherwise generate
  // operations that nothing uses.

  template <class Buffers, class Handler>
  void async_read_some(const Buffers& buffers, Handler&& handler) {
    if (!tls_) [[likely]]
      return socket_.async_read_some(buffers, std::forward<Handler>(handler));
    start_read(first_of(buffers), copyable(std::forward<Handler>(handler)));
  }

  /// Over TLS, writes at most the first few buffers; the callers ask again for
  /// the rest.
  template <class Buffers, class Handler>
  void async_write_some(const Buffers& buffers, Handler&& handler) {
    if (!tls_) [[likely]]
      return socket_.async_write_some(buffers, std::forward<Handler>(handler));
    start_write(first_few_of(buffers),
                copyable(std::forward<Handler>(handler)));
  }

protected:
  /// The first buffer that has room.
  template <class Buffers>
  static boost::asio::mutable_buffer first_of(const Buffers& buffers) {
    for (boost::asio::mutable_buffer x :
         boost::beast::buffers_range_ref(buffers))
      if (x.size() > 0)
        return x;
    return {};
  }

  template <class Buffers>
  static output first_few_of(const Buffers& buffers) {
    output out;
    std::size_t count = 0;
    for (boost::asio::const_buffer x : boost::beast::buffers_range_ref(buffers))
      if (x.size() > 0 && count < out.size())
        out[count++] = x;
    return out;
  }

  // Operations over TCP or TLS whose handlers have one type.

  void start_read(boost::asio::mutable_buffer place, transfer_handler done);
  void start_write(const output& bytes, transfer_handler done);

  /// Null for plain TCP.
  [[nodiscard]] tls_stream* tls() noexcept {
    return tls_.get();
  }

private:
  /// Moved from once TLS has begun; its executor remains valid.
  tcp_socket socket_;
  /// Null for plain TCP.
  std::unique_ptr<tls_stream> tls_;
};

} // namespace bridgekeeper::net
