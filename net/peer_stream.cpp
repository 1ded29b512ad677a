#include "net/peer_stream.hpp"

namespace bridgekeeper::net {

peer_stream::peer_stream(tcp_socket socket) noexcept
  : socket_(std::move(socket)) {}

peer_stream::peer_stream(peer_stream&&) noexcept = default;

peer_stream::~peer_stream() = default;

tls_stream& peer_stream::begin_tls(boost::asio::ssl::context& context) {
  tls_ = std::make_unique<tls_stream>(std::move(socket_), context);
  return *tls_;
}

void peer_stream::shake_hands(tls_stream::handshake_type role,
                              completion_handler done) {
  tls_->async_handshake(role, std::move(done));
}

void peer_stream::take_leave(const std::shared_ptr<void>& keep) {
  if (!tls_)
    return;
  auto* native = tls_->native_handle();
  auto said = (SSL_get_shutdown(native) & SSL_SENT_SHUTDOWN) != 0;
  if (said || SSL_is_init_finished(native) == 0)
    return;
  // Asio writes the alert within this call if the socket accepts it, and then
  // waits for the peer's alert until the socket is closed.
  tls_->async_shutdown([keep](error_code) {});
}

void peer_stream::end_output(const std::shared_ptr<void>& keep) {
  take_leave(keep);
  error_code ignored;
  socket().shutdown(tcp_socket::shutdown_send, ignored);
}

void peer_stream::end_plain_output(error_code& error) {
  if (!tls_)
    socket_.shutdown(tcp_socket::shutdown_send, error);
}

void peer_stream::start_read(boost::asio::mutable_buffer place,
                             transfer_handler done) {
  if (tls_)
    tls_->async_read_some(place, std::move(done));
  else
    socket_.async_read_some(place, std::move(done));
}

void peer_stream::start_write(const output& bytes, transfer_handler done) {
  if (tls_)
    tls_->async_write_some(bytes, std::move(done));
  else
    socket_.async_write_some(bytes, std::move(done));
}

} // namespace bridgekeeper::net
