#pragma once

// Private to this room.

#include "net/endpoint.hpp"
#include "net/socket_file.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>

#include <memory>
#include <vector>

namespace bridgekeeper::net {

/// The sockets that one endpoint listens on: one an address of its host, all on
/// the same port, or one on its socket file.
struct listening_sockets {
  /// The endpoint with the port that was given out for port 0.
  endpoint where;
  /// Asio's TCP acceptors and sockets do for socket files, too: they pass bytes
  /// and care for no address unless they are asked for one. So sessions are
  /// compiled for one kind of plain socket.
  std::vector<boost::asio::ip::tcp::acceptor> acceptors;
  /// Removes the file at the end; null with a host.
  std::unique_ptr<socket_file> file;
};

/// Binds and listens with SO_REUSEADDR. `others` are all endpoints the caller
/// listens on: the IPv6 wildcard takes IPv4 as well, unless one of them is IPv4
/// with the same port. A host's address that this machine does not have is left
/// out if another one is there, and so is one in `taken`, where the caller
/// listens already. Throws `std::runtime_error` with a sentence for a person.
[[nodiscard]] listening_sockets
listen_on(boost::asio::io_context& context, const endpoint& where,
          std::size_t backlog, const std::vector<endpoint>& others,
          const std::vector<boost::asio::ip::tcp::endpoint>& taken);

} // namespace bridgekeeper::net
