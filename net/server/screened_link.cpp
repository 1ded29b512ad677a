#include "net/server/screened_link.hpp"

#include "net/error_boundary.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/asio/generic/stream_protocol.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/local/connect_pair.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/write.hpp>

#include <array>
#include <memory>
#include <string>
#include <sys/socket.h>
#include <unistd.h>
#include <utility>

namespace bridgekeeper::net {

namespace asio = boost::asio;
using boost::system::error_code;

namespace {

constexpr std::size_t chunk_size = 16 * 1024;

class screened_link : public std::enable_shared_from_this<screened_link> {
public:
  using socket_type = asio::generic::stream_protocol::socket;

  screened_link(socket_type peer, socket_type library, byte_screen screen)
    : peer_(std::move(peer)), library_(std::move(library)),
      screen_(std::move(screen)) {}

  void start() {
    receive(from_peer_);
    receive(from_library_);
  }

private:
  struct direction {
    socket_type& from;
    socket_type& to;
    std::array<char, chunk_size> chunk;
  };

  void receive(direction& way) {
    way.from.async_read_some(
        asio::buffer(way.chunk),
        [self = shared_from_this(), &way](error_code error, std::size_t size) {
          if (error || !self->approves(way, size))
            return self->close();
          self->pass_on(way, size);
        });
  }

  [[nodiscard]] bool approves(const direction& way, std::size_t size) const {
    if (&way != &from_peer_)
      return true;
    bool approved = false;
    return contain("the screening of a peer's bytes",
                   [&] {
                     approved = screen_({way.chunk.data(), size});
                   })
           && approved;
  }

  void pass_on(direction& way, std::size_t size) {
    asio::async_write(
        way.to, asio::buffer(way.chunk, size),
        [self = shared_from_this(), &way](error_code error, std::size_t) {
          if (error)
            return self->close();
          self->receive(way);
        });
  }

  /// Closes both ends; pending operations complete with an error.
  void close() {
    error_code ignored;
    peer_.close(ignored);
    library_.close(ignored);
  }

  socket_type peer_;
  socket_type library_;
  byte_screen screen_;
  direction from_peer_{peer_, library_, {}};
  direction from_library_{library_, peer_, {}};
};

/// The address family of a socket, which Asio does not detect itself.
int family_of(int socket) {
  int out = AF_INET;
  socklen_t size = sizeof out;
  ::getsockopt(socket, SOL_SOCKET, SO_DOMAIN, &out, &size);
  return out;
}

} // namespace

result<int> link_through(byte_screen screen, io_thread& home, int socket) {
  using pair_protocol = asio::local::stream_protocol;
  error_code error;
  screened_link::socket_type peer{home.context()};
  peer.assign({family_of(socket), 0}, socket, error);
  if (error) {
    ::close(socket);
    return failure{errc::unavailable, error.message()};
  }
  pair_protocol::socket ours{home.context()};
  pair_protocol::socket theirs{home.context()};
  asio::local::connect_pair(ours, theirs, error);
  if (error)
    return failure{errc::unavailable, error.message()};
  auto out = theirs.release(error);
  if (error)
    return failure{errc::unavailable, error.message()};
  std::make_shared<screened_link>(std::move(peer), std::move(ours),
                                  std::move(screen))
      ->start();
  return out;
}

} // namespace bridgekeeper::net
