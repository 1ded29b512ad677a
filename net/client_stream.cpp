#include "net/client_stream.hpp"

#include "net/socket_file.hpp"

#include <boost/asio/connect.hpp>
#include <boost/asio/post.hpp>
#include <boost/beast/websocket/ssl.hpp>
#include <boost/beast/websocket/teardown.hpp>

namespace bridgekeeper::net {

namespace asio = boost::asio;
using asio::ip::tcp;

client_stream::client_stream(asio::io_context& context,
                             const std::optional<client_tls_options>& tls)
  : peer_stream(tcp_socket{context}), tls_options_(tls), resolver_(context) {
  if (tls)
    tls_client_ = std::make_unique<tls_client>(*this, *tls);
}

void client_stream::open(const endpoint& server, completion_handler done) {
  if (server.is_local())
    return connect_to_file(server, std::move(done));
  const auto& hop = first_hop(server, tls_options_);
  auto then = [this, &server, done](error_code error, const auto&...) {
    on_connected(error, server, done);
  };
  // Addresses skip the resolver, which would start a thread.
  error_code not_an_address;
  auto address = asio::ip::make_address(hop.host, not_an_address);
  if (!not_an_address)
    return socket().async_connect(tcp::endpoint{address, hop.port}, then);
  resolver_.async_resolve(
      hop.host, std::to_string(hop.port),
      [this, &hop, done, then](error_code error, const auto& found) {
        if (closed_)
          return done(asio::error::operation_aborted);
        if (error) {
          obstacle_.what =
              "cannot look up " + hop.host + ": " + error.message();
          return done(error);
        }
        asio::async_connect(socket(), found, then);
      });
}

/// A TCP stream also works for a socket file, because it only transfers bytes.
void client_stream::connect_to_file(const endpoint& server,
                                    completion_handler done) {
  error_code error;
  auto descriptor = net::connect_to_file(server.path, error);
  if (!error)
    socket().assign(tcp::v4(), descriptor, error);
  asio::post(get_executor(), [this, error, &server, done = std::move(done)] {
    on_connected(error, server, done);
  });
}

void client_stream::on_connected(error_code error, const endpoint& server,
                                 const completion_handler& done) {
  if (closed_)
    return done(asio::error::operation_aborted);
  if (error) {
    if (auto proxy = proxy_in_words(tls_options_); !proxy.empty())
      obstacle_.what = proxy + ": " + error.message();
    return done(error);
  }
  if (!tls_client_)
    return done({});
  tls_client_->secure(server, [this, done](error_code failed) {
    if (failed)
      obstacle_ = {tls_client_->explanation(),
                   !tls_client_->explanation().empty()};
    done(failed);
  });
}

void client_stream::close() {
  closed_ = true;
  resolver_.cancel();
  error_code ignored;
  socket().close(ignored);
}

void client_stream::tear_down(boost::beast::role_type role,
                              completion_handler done) {
  if (auto* x = tls())
    boost::beast::async_teardown(role, *x, std::move(done));
  else
    boost::beast::websocket::async_teardown(role, socket(), std::move(done));
}

} // namespace bridgekeeper::net
