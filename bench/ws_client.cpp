#include "bench/ws_client.hpp"

#include <stdexcept>
#include <utility>

namespace bridgekeeper::bench {

namespace {

// The sample key of RFC 6455, section 1.3, and what it must be answered with.
constexpr std::string_view key = "dGhlIHNhbXBsZSBub25jZQ==";
constexpr std::string_view accept = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=";

[[noreturn]] void fail_closed(std::string_view payload) {
  std::string text = "the server closed the WebSocket";
  if (payload.size() >= 2) {
    auto code =
        static_cast<unsigned>(static_cast<unsigned char>(payload[0])) * 256
        + static_cast<unsigned char>(payload[1]);
    text += " with " + std::to_string(code) + ' ';
    text += payload.substr(2);
  }
  throw std::runtime_error(text);
}

} // namespace

ws_client::ws_client(boost::asio::io_context& io, ws_target target)
  : tcp_link(io), target_(std::move(target)) {}

void ws_client::on_open() {
  auto& request = out();
  request += "GET " + target_.path + " HTTP/1.1\r\nHost: 127.0.0.1\r\n";
  request += "Upgrade: websocket\r\nConnection: Upgrade\r\n"
             "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: ";
  request += key;
  if (!target_.token.empty())
    request += "\r\nAuthorization: Bearer " + target_.token;
  request += "\r\n\r\n";
  flush();
}

std::size_t ws_client::on_bytes(std::string_view bytes) {
  std::size_t done = upgraded_ ? 0 : take_upgrade(bytes);
  if (!upgraded_)
    return 0;
  while (auto frame = parse_frame(bytes.substr(done))) {
    take_frame(*frame);
    done += frame->size;
  }
  return done;
}

std::size_t ws_client::take_upgrade(std::string_view bytes) {
  auto end = bytes.find("\r\n\r\n");
  if (end == std::string_view::npos)
    return 0;
  auto head = bytes.substr(0, end);
  if (!head.starts_with("HTTP/1.1 101")
      || head.find(accept) == std::string_view::npos)
    throw std::runtime_error("upgrade of " + target_.path + " refused: "
                             + std::string{head.substr(0, head.find('\r'))});
  upgraded_ = true;
  on_upgraded();
  return end + 4;
}

void ws_client::take_frame(const ws_frame& frame) {
  switch (frame.kind) {
  case opcode::ping:
    ++pings_;
    return add(opcode::pong, frame.payload);
  case opcode::pong:
    return;
  case opcode::close:
    fail_closed(frame.payload);
  default:
    return take_data(frame);
  }
}

void ws_client::take_data(const ws_frame& frame) {
  if (frame.last && fragments_.empty())
    return on_message(frame.payload);
  fragments_ += frame.payload;
  if (frame.last) {
    on_message(fragments_);
    fragments_.clear();
  }
}

} // namespace bridgekeeper::bench
