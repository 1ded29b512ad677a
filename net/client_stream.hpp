#pragma once

// Private to this room: the transport of a client's WebSocket.

#include "net/endpoint.hpp"
#include "net/peer_stream.hpp"

#include <boost/asio/async_result.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/beast/core/buffers_range.hpp>
#include <boost/beast/core/role.hpp>

#include <array>
#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <type_traits>
#include <utility>

namespace bridgekeeper::net {

/// Plain TCP or TLS, behind virtual functions. A template over the two
/// would make the compiler generate all of Beast's operations twice; a client
/// has one connection and can afford the calls. Handlers are called on the
/// thread of the `io_context`, never within the call that takes them, unless a
/// member says otherwise.
class client_transport {
public:
  using error_code = boost::system::error_code;
  using handler = std::function<void(error_code)>;
  using transfer_handler = std::function<void(error_code, std::size_t)>;
  /// Unused elements are empty buffers.
  using output = std::array<boost::asio::const_buffer, 4>;

  virtual ~client_transport() = default;

  [[nodiscard]] virtual tcp_socket& socket() noexcept = 0;

  /// Called once, when the socket is connected. May call `proceed` at once.
  virtual void secure(const endpoint& server, handler proceed) = 0;

  /// Why `secure` failed, if there is more to say than the error code does;
  /// otherwise empty.
  [[nodiscard]] virtual std::string explanation() const = 0;

  virtual void read_some(boost::asio::mutable_buffer place,
                         transfer_handler done) = 0;
  virtual void write_some(const output& bytes, transfer_handler done) = 0;

  /// Ends the connection after the closing handshake.
  virtual void tear_down(boost::beast::role_type role, handler done) = 0;
};

/// Plain TCP: `secure` succeeds at once, and `tear_down` ends only TCP.
[[nodiscard]] std::unique_ptr<client_transport>
make_plain_transport(boost::asio::io_context& context);

/// A transport in the form that Beast expects of a stream.
class client_stream {
  using error_code = boost::system::error_code;

public:
  using executor_type = tcp_socket::executor_type;

  /// The lowest layer; Beast closes it when its time limits expire.
  using next_layer_type = tcp_socket;

  explicit client_stream(std::unique_ptr<client_transport> transport)
    : transport_(std::move(transport)) {}

  [[nodiscard]] executor_type get_executor() noexcept {
    return next_layer().get_executor();
  }

  [[nodiscard]] next_layer_type& next_layer() noexcept {
    return transport_->socket();
  }

  [[nodiscard]] client_transport& transport() noexcept {
    return *transport_;
  }

  /// Fills at most the first buffer that has room.
  template <class Buffers, class Handler>
  auto async_read_some(const Buffers& buffers, Handler&& handler) {
    boost::asio::mutable_buffer place;
    for (boost::asio::mutable_buffer x :
         boost::beast::buffers_range_ref(buffers))
      if (place.size() == 0)
        place = x;
    return boost::asio::async_initiate<Handler, void(error_code, std::size_t)>(
        [this](auto&& completion, boost::asio::mutable_buffer x) {
          transport_->read_some(
              x, copyable(std::forward<decltype(completion)>(completion)));
        },
        handler, place);
  }

  /// Writes at most the first few buffers; Beast asks again for the rest.
  template <class Buffers, class Handler>
  auto async_write_some(const Buffers& buffers, Handler&& handler) {
    client_transport::output bytes;
    std::size_t count = 0;
    for (boost::asio::const_buffer x : boost::beast::buffers_range_ref(buffers))
      if (x.size() > 0 && count < bytes.size())
        bytes[count++] = x;
    return boost::asio::async_initiate<Handler, void(error_code, std::size_t)>(
        [this](auto&& completion, const client_transport::output& x) {
          transport_->write_some(
              x, copyable(std::forward<decltype(completion)>(completion)));
        },
        handler, bytes);
  }

  /// Beast finds this overload by its name.
  template <class Handler>
  friend void async_teardown(boost::beast::role_type role,
                             client_stream& stream, Handler&& handler) {
    stream.transport_->tear_down(role,
                                 copyable(std::forward<Handler>(handler)));
  }

private:
  /// std::function requires a copyable target, and Beast's handlers are
  /// move-only.
  template <class Handler>
  static auto copyable(Handler&& handler) {
    return [shared = std::make_shared<std::decay_t<Handler>>(
                std::forward<Handler>(handler))](auto... xs) {
      std::move (*shared)(xs...);
    };
  }

  std::unique_ptr<client_transport> transport_;
};

} // namespace bridgekeeper::net
