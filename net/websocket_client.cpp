#include "net/websocket_client.hpp"

#include "net/tls_client.hpp"
#include "net/websocket_connection.hpp"

#include <charconv>

namespace bridgekeeper::net {

std::optional<std::chrono::seconds> parse_retry_after(std::string_view text) {
  auto seconds = 0U;
  const auto* last = text.data() + text.size();
  auto [end, err] = std::from_chars(text.data(), last, seconds);
  if (err != std::errc{} || end != last)
    return std::nullopt;
  return std::chrono::seconds{seconds};
}

namespace {

std::shared_ptr<websocket_client::connection>
make_connection(asio::io_context& context, websocket_client_options options,
                websocket_client::handlers callbacks) {
  if (!options.tls)
    return std::make_shared<websocket_connection<beast::tcp_stream>>(
        context, std::move(options), std::move(callbacks));
  auto identity = make_client_tls(*options.tls);
  return std::make_shared<websocket_connection<tls_client_stream>>(
      context, std::move(options), std::move(callbacks), std::move(identity));
}

} // namespace

websocket_client::websocket_client(boost::asio::io_context& context,
                                   websocket_client_options options,
                                   handlers callbacks)
  : connection_(
      make_connection(context, std::move(options), std::move(callbacks))) {}

websocket_client::~websocket_client() {
  connection_->abandon();
}

void websocket_client::start() {
  connection_->start();
}

bool websocket_client::send(std::string frame) {
  return connection_->send(std::move(frame));
}

std::size_t websocket_client::queued_bytes() const noexcept {
  return connection_->queued_bytes();
}

void websocket_client::close(std::uint16_t code, std::string_view reason) {
  connection_->close(code, reason);
}

} // namespace bridgekeeper::net
