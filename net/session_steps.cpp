#include "net/session_steps.hpp"

#include <cstddef>
#include <utility>

namespace bridgekeeper::net {

using boost::system::error_code;

void discard_input(tcp_socket& socket, boost::asio::mutable_buffer buffer,
                   std::function<bool(error_code)> goes_on) {
  socket.async_read_some(
      buffer, [&socket, buffer, goes_on = std::move(goes_on)](error_code error,
                                                              std::size_t) {
        if (goes_on(error))
          discard_input(socket, buffer, goes_on);
      });
}

void close_connection(peer_stream& stream, connection_ledger::place_ptr& place,
                      std::shared_ptr<void>& presence,
                      const std::shared_ptr<void>& session) {
  stream.take_leave(session);
  // Must precede closing the socket, because the place may shut down that
  // descriptor for as long as it lives.
  place.reset();
  error_code ignored;
  stream.socket().close(ignored);
  presence.reset();
}

} // namespace bridgekeeper::net
