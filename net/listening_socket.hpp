#pragma once

// Private to this room.

#include "net/endpoint.hpp"
#include "net/socket_file.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>

#include <chrono>
#include <memory>
#include <vector>

namespace bridgekeeper::net {

/// The delay before another attempt when a connection cannot be accepted.
inline constexpr auto accept_retry = std::chrono::milliseconds{100};

/// The listening sockets of one endpoint: one for each address of its host, all
/// on the same port, or one on its socket file.
struct listening_sockets {
  /// The endpoint, with the actual port if port 0 was requested.
  endpoint where;
  /// Asio's TCP acceptors and sockets also work for socket files, because they
  /// use no addresses unless asked to. The sessions are therefore compiled for
  /// a single kind of plain socket.
  std::vector<boost::asio::ip::tcp::acceptor> acceptors;
  /// Removes the file on destruction; null for a host.
  std::unique_ptr<socket_file> file;
};

/// Binds and listens with SO_REUSEADDR. `others` are all endpoints that the
/// caller listens on: the IPv6 wildcard also accepts IPv4 unless one of them is
/// IPv4 with the same port. Addresses of a host that this machine does not have
/// are skipped if another one works, as are those in `taken`, where the caller
/// is already listening. Throws a `std::runtime_error` with a sentence for
/// people.
[[nodiscard]] listening_sockets
listen_on(boost::asio::io_context& context, const endpoint& where,
          std::size_t backlog, const std::vector<endpoint>& others,
          const std::vector<boost::asio::ip::tcp::endpoint>& taken);

} // namespace bridgekeeper::net
