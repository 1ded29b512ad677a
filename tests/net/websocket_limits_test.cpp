#include "support/http_peer.hpp"
#include "support/websocket_frames.hpp"
#include "support/websocket_peer.hpp"
#include "support/websocket_server.hpp"

#include <doctest/doctest.h>

#include <string>
#include <utility>
#include <vector>

using namespace bridgekeeper;
using namespace std::chrono_literals;
using namespace test;

// What a session refuses to read.

namespace {

net::websocket_options small_frames() {
  net::websocket_options out;
  out.max_frame = 1000;
  return out;
}

} // namespace

TEST_CASE("a frame over the limit closes with 1009") {
  websocket_server server{small_frames()};
  websocket_peer peer{server.port()};
  peer.send(std::string(1000, 'x'));
  CHECK(server.frames.take().payload.size() == 1000);
  peer.send(std::string(1001, 'x'));
  CHECK(peer.receive_close().code == 1009);
  auto end = server.ends.take();
  CHECK(end.reason == errc::too_large);
  CHECK(end.detail == "frame over 1000 bytes");
  CHECK(eventually([&server] { return server.ledger().total() == 0; }));
}

TEST_CASE("the announcement of a huge frame is enough to close with 1009") {
  websocket_server server{small_frames()};
  websocket_peer peer{server.port()};
  peer.write_raw(frame_head(opcode::text, 1ULL << 62));
  CHECK(peer.receive_close().code == 1009);
}

TEST_CASE("frames that are over the limit together close with 1009") {
  websocket_server server{small_frames()};
  websocket_peer peer{server.port()};
  peer.send_fragments({std::string(600, 'x'), std::string(600, 'x')});
  CHECK(peer.receive_close().code == 1009);
  CHECK(server.ends.take().reason == errc::too_large);
  CHECK(server.frames.empty());
}

TEST_CASE("text that is no UTF-8 closes with 1007") {
  for (std::string text : {"\xff", "ok\xC0\x80", "\xED\xA0\x80", "cut \xE2\x82",
                           "\xF4\x90\x80\x80"}) {
    CAPTURE(text);
    websocket_server server;
    websocket_peer peer{server.port()};
    peer.write_raw(client_frame(opcode::text, text));
    CHECK(peer.receive_close().code == 1007);
    CHECK(server.ends.take().reason == errc::peer_closed);
    CHECK(server.frames.empty());
    CHECK(eventually([&server] { return server.ledger().total() == 0; }));
  }
}

TEST_CASE("what breaks the rules of framing closes with 1002") {
  auto unmasked = std::string{"\x81\x01x"};
  auto reserved_bit = client_frame(opcode::text, "x");
  reserved_bit[0] = '\xC1';
  auto unknown = client_frame(opcode{3}, "x");
  for (const auto& bytes : {unmasked, reserved_bit, unknown,
                            client_frame(opcode::continuation, "x"),
                            client_frame(opcode::text, "x", false)
                                + client_frame(opcode::text, "y"),
                            client_frame(opcode::ping, "x", false),
                            client_frame(opcode::ping, std::string(126, 'x')),
                            client_frame(opcode::close, "x")}) {
    CAPTURE(bytes);
    websocket_server server;
    websocket_peer peer{server.port()};
    peer.write_raw(bytes);
    CHECK(peer.receive_close().code == 1002);
    server.ends.take();
    CHECK(eventually([&server] { return server.ledger().total() == 0; }));
  }
}
