#include "net/websocket_client.hpp"

#include "net/websocket_connection.hpp"

#include <charconv>

namespace bridgekeeper::net {

std::string proxy_in_words(const std::optional<client_tls_options>& tls) {
  return tls && tls->proxy ? "the proxy " + to_string(tls->proxy->server)
                           : std::string{};
}

std::optional<std::chrono::seconds> parse_retry_after(std::string_view text) {
  auto seconds = 0U;
  const auto* last = text.data() + text.size();
  auto [end, err] = std::from_chars(text.data(), last, seconds);
  if (err != std::errc{} || end != last)
    return std::nullopt;
  return std::chrono::seconds{seconds};
}

websocket_client::websocket_client(boost::asio::io_context& context,
                                   websocket_client_options options,
                                   handlers callbacks)
  : connection_(std::make_shared<connection>(context, std::move(options),
                                             std::move(callbacks))) {}

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
