#include "net/client_stream.hpp"

#include <boost/beast/websocket/ssl.hpp>
#include <boost/beast/websocket/teardown.hpp>

namespace bridgekeeper::net {

client_stream::client_stream(boost::asio::io_context& context,
                             const std::optional<client_tls_options>& tls)
  : peer_stream(tcp_socket{context}) {
  if (tls)
    tls_client_ = std::make_unique<tls_client>(*this, *tls);
}

void client_stream::secure(const endpoint& server, completion_handler proceed) {
  if (tls_client_)
    tls_client_->secure(server, std::move(proceed));
  else
    proceed({});
}

std::string client_stream::explanation() const {
  return tls_client_ ? tls_client_->explanation() : std::string{};
}

void client_stream::tear_down(boost::beast::role_type role,
                              completion_handler done) {
  if (auto* x = tls())
    boost::beast::async_teardown(role, *x, std::move(done));
  else
    boost::beast::websocket::async_teardown(role, socket(), std::move(done));
}

} // namespace bridgekeeper::net
