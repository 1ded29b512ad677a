#include "domain/limits.hpp"
#include "net/websocket_client.hpp"
#include "support/websocket_frames.hpp"
#include "support/websocket_server.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/websocket/stream.hpp>
#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

using namespace bridgekeeper;
using namespace test;

// Large messages of our own bridge.

namespace {

namespace asio = boost::asio;
namespace websocket = boost::beast::websocket;
using asio::ip::tcp;

constexpr std::size_t large = 15 * mebibyte;

/// What a client's frames look like as their bytes come in; payloads are
/// skipped.
class frame_counter {
public:
  void on_bytes(const char* bytes, std::size_t size) {
    for (std::size_t i = 0; i < size;) {
      auto skipped = std::min(left_, size - i);
      left_ -= skipped;
      i += skipped;
      if (i < size)
        on_head_byte(bytes[i++]);
    }
  }

  std::size_t pongs = 0;
  /// Bytes of text, and messages that have ended.
  std::size_t text = 0;
  std::size_t messages = 0;

private:
  void on_head_byte(char byte) {
    head_ += byte;
    if (head_.size() < 2)
      return;
    auto length = static_cast<std::size_t>(head_[1] & 0x7f);
    std::size_t more = length == 127 ? 8 : length == 126 ? 2 : 0;
    // Clients mask what they send, with four bytes.
    if (head_.size() < 2 + more + 4)
      return;
    auto payload = more == 0 ? length : 0;
    for (std::size_t i = 0; i < more; ++i)
      payload = payload << 8 | static_cast<unsigned char>(head_[2 + i]);
    auto first = static_cast<unsigned char>(head_[0]);
    auto op = static_cast<opcode>(first & 0x0f);
    pongs += op == opcode::pong ? 1 : 0;
    if (op == opcode::text || op == opcode::continuation) {
      text += payload;
      messages += (first & 0x80) != 0 ? 1 : 0;
    }
    left_ = payload;
    head_.clear();
  }

  std::string head_;
  std::size_t left_ = 0;
};

/// A server that reads as fast as the test says, on the client's own thread.
class slow_server {
public:
  explicit slow_server(asio::io_context& context)
    : context_(context), acceptor_(context), stream_(context) {
    acceptor_.open(tcp::v4());
    acceptor_.set_option(asio::socket_base::receive_buffer_size{16 * 1024});
    acceptor_.bind({asio::ip::address_v4::loopback(), 0});
    acceptor_.listen();
    acceptor_.async_accept(stream_.next_layer(), [this](auto error) {
      REQUIRE_FALSE(error);
      stream_.async_accept([this](auto failed) {
        REQUIRE_FALSE(failed);
        stream_.next_layer().non_blocking(true);
        is_open_ = true;
      });
    });
  }

  [[nodiscard]] std::uint16_t port() const {
    return acceptor_.local_endpoint().port();
  }

  void wait_for_client() {
    while (!is_open_)
      REQUIRE(context_.run_one_for(patience) > 0);
  }

  void ping() {
    asio::write(stream_.next_layer(), asio::buffer("\x89\x01p", 3));
  }

  /// Reads a little, once the client has done all it can.
  void read() {
    context_.poll();
    std::array<char, 16 * 1024> piece;
    boost::system::error_code error;
    auto size = stream_.next_layer().read_some(asio::buffer(piece), error);
    if (error == asio::error::would_block)
      return;
    REQUIRE_FALSE(error);
    frames.on_bytes(piece.data(), size);
  }

  frame_counter frames;

private:
  asio::io_context& context_;
  tcp::acceptor acceptor_;
  websocket::stream<tcp::socket> stream_;
  bool is_open_ = false;
};

net::websocket_client_options to_port(std::uint16_t port) {
  net::websocket_client_options out;
  out.server = {"127.0.0.1", port};
  return out;
}

} // namespace

// Its pong waited for the whole message: minutes, over a slow link.
TEST_CASE("a client in the midst of a large message answers pings") {
  asio::io_context context{1};
  slow_server server{context};
  net::websocket_client client{context, to_port(server.port()), {}};
  client.start();
  server.wait_for_client();
  while (!client.send(std::string(large, 'x')))
    REQUIRE(context.run_one_for(patience) > 0);
  auto& seen = server.frames;
  while (seen.text < mebibyte)
    server.read();
  for (std::size_t i = 1; i <= 3; ++i) {
    server.ping();
    auto before = seen.text;
    while (seen.pongs < i && seen.messages == 0)
      server.read();
    CHECK(seen.pongs == i);
    CHECK(seen.text - before < mebibyte);
  }
  CHECK(seen.messages == 0);
  while (seen.messages == 0)
    server.read();
  CHECK(seen.text == large);
}

TEST_CASE("the daemon's end puts a client's fragments together") {
  websocket_server server;
  asio::io_context context{1};
  std::optional<net::websocket_client> client;
  auto options = to_port(server.port());
  options.max_queue_bytes = 2 * large;
  client.emplace(context, options,
                 net::websocket_client::handlers{[&] {
                                                   client->send(
                                                       std::string(large, 'x'));
                                                   client->send("small");
                                                 },
                                                 {},
                                                 [&] { client->close(1000); },
                                                 {}});
  client->start();
  context.run_for(patience);
  CHECK(server.frames.take().payload == std::string(large, 'x'));
  CHECK(server.frames.take().payload == "small");
}
