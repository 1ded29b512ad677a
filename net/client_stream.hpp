#pragma once

// Private to this room: the stream of a client's connection.

#include "net/peer_stream.hpp"
#include "net/tls_client.hpp"

#include <boost/beast/core/role.hpp>

#include <memory>
#include <optional>
#include <string>
#include <utility>

namespace bridgekeeper::net {

/// Plain TCP or TLS to a server. A client has one connection and can afford an
/// allocation an operation, so the types of all handlers are erased, and the
/// socket's operations, too, are generated only once. The caller of an
/// operation keeps the stream alive until it has completed.
class client_stream : public peer_stream {
public:
  /// With TLS, reads the files that the options name.
  client_stream(boost::asio::io_context& context,
                const std::optional<client_tls_options>& tls);

  /// Called once, when the socket is connected. May call `proceed` at once.
  void secure(const endpoint& server, completion_handler proceed);

  /// Why `secure` failed, if there is more to say than the error code does;
  /// otherwise empty.
  [[nodiscard]] std::string explanation() const;

  // -- what Beast and Asio call -----------------------------------------------

  template <class Buffers, class Handler>
  void async_read_some(const Buffers& buffers, Handler&& handler) {
    start_read(first_of(buffers), copyable(std::forward<Handler>(handler)));
  }

  template <class Buffers, class Handler>
  void async_write_some(const Buffers& buffers, Handler&& handler) {
    start_write(first_few_of(buffers),
                copyable(std::forward<Handler>(handler)));
  }

  /// Ends the connection after the closing handshake. Beast finds this overload
  /// by its name.
  template <class Handler>
  friend void async_teardown(boost::beast::role_type role,
                             client_stream& stream, Handler&& handler) {
    stream.tear_down(role, copyable(std::forward<Handler>(handler)));
  }

private:
  void tear_down(boost::beast::role_type role, completion_handler done);

  /// Null for plain TCP.
  std::unique_ptr<tls_client> tls_client_;
};

} // namespace bridgekeeper::net
