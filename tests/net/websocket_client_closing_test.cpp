#include "net/websocket_client.hpp"
#include "support/remote.hpp"
#include "support/tls_pair.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/websocket/ssl.hpp>
#include <boost/beast/websocket/stream.hpp>
#include <doctest/doctest.h>

#include <array>
#include <optional>
#include <string_view>

using namespace bridgekeeper;
using namespace test;

namespace {

namespace asio = boost::asio;
namespace ssl = boost::asio::ssl;
namespace websocket = boost::beast::websocket;
using asio::ip::tcp;

/// A server on the client's own thread. It accepts a WebSocket over TLS, sends
/// a close frame, and closes the socket when the client replies.
class hasty_server {
public:
  hasty_server(asio::io_context& context, ssl::context& tls)
    : acceptor_(context, {asio::ip::address_v4::loopback(), 0}),
      stream_(context, tls) {
    acceptor_.async_accept(socket(), [this](auto error) {
      REQUIRE_FALSE(error);
      stream_.next_layer().async_handshake(
          ssl::stream_base::server, [this](auto failed) {
            REQUIRE_FALSE(failed);
            stream_.async_accept([this](auto why) {
              REQUIRE_FALSE(why);
              close();
            });
          });
    });
  }

  [[nodiscard]] std::uint16_t port() const {
    return acceptor_.local_endpoint().port();
  }

private:
  tcp::socket& socket() {
    return stream_.next_layer().next_layer();
  }

  void close() {
    // 4005, "no".
    asio::async_write(stream_.next_layer(),
                      asio::buffer("\x88\x04\x0f\xa5no", 6),
                      [this](auto error, std::size_t) {
                        REQUIRE_FALSE(error);
                        stream_.next_layer().async_read_some(
                            asio::buffer(reply_), [this](auto, std::size_t) {
                              boost::system::error_code ignored;
                              socket().close(ignored);
                            });
                      });
  }

  tcp::acceptor acceptor_;
  websocket::stream<ssl::stream<tcp::socket>> stream_;
  std::array<char, 64> reply_{};
};

} // namespace

// The bridge took a rejected token for a broken connection, and tried again.
TEST_CASE("a client knows why a server closes that ends TLS before it does") {
  asio::io_context context{1};
  tls_pair pair;
  auto tls = pair.context();
  hasty_server server{context, *tls};
  net::websocket_client_options options;
  options.server = {"127.0.0.1", server.port()};
  options.tls.emplace().ca = pair.certificate();
  std::optional<net::websocket_end> end;
  net::websocket_client client{
      context, options, {{}, {}, {}, [&](const net::websocket_end& x) {
                           end = x;
                         }}};
  client.start();
  while (!end)
    REQUIRE(context.run_one_for(patience) > 0);
  CHECK(end->was_open);
  CHECK(end->code == 4005);
  CHECK(end->reason == "no");
}
