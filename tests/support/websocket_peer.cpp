#include "support/websocket_peer.hpp"

#include "support/inbox.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/buffers_to_string.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/websocket/stream.hpp>

#include <optional>

namespace bridgekeeper::test {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace websocket = boost::beast::websocket;
using asio::ip::tcp;
using boost::system::error_code;

struct websocket_peer::impl {
  impl() {
    stream.control_callback(
        [this](websocket::frame_type type, beast::string_view payload) {
          if (type == websocket::frame_type::ping)
            pings.emplace_back(payload);
          else if (type == websocket::frame_type::pong)
            pongs.emplace_back(payload);
        });
    stream.read_message_max(0);
    stream.auto_fragment(false);
  }

  /// Starts one operation and waits for its end.
  template <class Start>
  error_code finish(const char* what, Start start) {
    std::optional<error_code> result;
    start([&result](error_code error, auto&&...) { result = error; });
    context.restart();
    auto deadline = std::chrono::steady_clock::now() + patience;
    while (!result)
      if (context.run_one_until(deadline) == 0)
        throw timed_out(std::string{"the server let us wait: "} + what);
    return *result;
  }

  template <class Start>
  void must_finish(const char* what, Start start) {
    if (auto error = finish(what, std::move(start)))
      throw boost::system::system_error(error, what);
  }

  void write(std::string_view text) {
    must_finish("write", [&](auto done) {
      stream.async_write(asio::buffer(text), std::move(done));
    });
  }

  error_code read() {
    buffer.clear();
    return finish(
        "read", [&](auto done) { stream.async_read(buffer, std::move(done)); });
  }

  asio::io_context context{1};
  websocket::stream<tcp::socket> stream{context};
  beast::flat_buffer buffer;
  std::vector<std::string> pings;
  std::vector<std::string> pongs;
  std::vector<std::string> leftovers;
};

websocket_peer::websocket_peer(std::uint16_t port, int receive_buffer)
  : impl_(std::make_unique<impl>()) {
  auto& socket = impl_->stream.next_layer();
  socket.open(tcp::v4());
  if (receive_buffer > 0)
    socket.set_option(tcp::socket::receive_buffer_size{receive_buffer});
  socket.connect({asio::ip::address_v4::loopback(), port});
  socket.set_option(tcp::no_delay{true});
  impl_->must_finish("upgrade", [this](auto done) {
    impl_->stream.async_handshake("test", "/ws", std::move(done));
  });
}

websocket_peer::~websocket_peer() = default;

// -- writing ------------------------------------------------------------------

void websocket_peer::send(std::string_view text) {
  impl_->stream.text(true);
  impl_->write(text);
}

void websocket_peer::send_binary(std::string_view bytes) {
  impl_->stream.binary(true);
  impl_->write(bytes);
}

void websocket_peer::send_fragments(const std::vector<std::string>& parts) {
  impl_->stream.text(true);
  for (const auto& part : parts)
    impl_->must_finish("write", [&](auto done) {
      impl_->stream.async_write_some(&part == &parts.back(), asio::buffer(part),
                                     std::move(done));
    });
}

void websocket_peer::ping(std::string_view payload) {
  impl_->must_finish("ping", [&](auto done) {
    impl_->stream.async_ping({payload.data(), payload.size()}, std::move(done));
  });
}

void websocket_peer::pong(std::string_view payload) {
  impl_->must_finish("pong", [&](auto done) {
    impl_->stream.async_pong({payload.data(), payload.size()}, std::move(done));
  });
}

void websocket_peer::write_raw(std::string_view bytes) {
  impl_->must_finish("write", [&](auto done) {
    asio::async_write(impl_->stream.next_layer(), asio::buffer(bytes),
                      std::move(done));
  });
}

void websocket_peer::close(std::uint16_t code, std::string_view reason) {
  websocket::close_reason why{static_cast<websocket::close_code>(code),
                              beast::string_view{reason.data(), reason.size()}};
  impl_->must_finish("close", [&](auto done) {
    impl_->stream.async_close(why, std::move(done));
  });
}

// -- reading ------------------------------------------------------------------

std::string websocket_peer::receive() {
  if (auto error = impl_->read())
    throw boost::system::system_error(error, "read");
  return beast::buffers_to_string(impl_->buffer.data());
}

close_frame websocket_peer::receive_close() {
  for (;;) {
    auto error = impl_->read();
    if (error == websocket::error::closed) {
      const auto& reason = impl_->stream.reason();
      return {reason.code,
              std::string{reason.reason.data(), reason.reason.size()}};
    }
    if (error)
      return {};
    impl_->leftovers.push_back(beast::buffers_to_string(impl_->buffer.data()));
  }
}

const std::vector<std::string>& websocket_peer::leftovers() const {
  return impl_->leftovers;
}

const std::vector<std::string>& websocket_peer::pings() const {
  return impl_->pings;
}

const std::vector<std::string>& websocket_peer::pongs() const {
  return impl_->pongs;
}

bool websocket_peer::got_binary() const {
  return impl_->stream.got_binary();
}

} // namespace bridgekeeper::test
