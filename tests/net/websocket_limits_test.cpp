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

// What a session refuses, and what it does with a peer that reads too slowly.

namespace {

net::websocket_options small_frames() {
  net::websocket_options out;
  out.max_frame = 1000;
  return out;
}

net::websocket_options short_queue() {
  net::websocket_options out;
  out.queue_bytes = 16 * protocol::mebibyte;
  out.close_timeout = 200ms;
  return out;
}

void send(const remote<net::websocket_session>& session, std::size_t size) {
  session(
      [size](net::websocket_session& x) { x.send(std::string(size, 'x')); });
}

/// The session of `peer`, as soon as what it sends goes out at once. The peer
/// has its upgrade before the session knows that it was written, and until
/// then everything waits; only what comes in shows that the session knows.
remote<net::websocket_session> writing_session(websocket_server& server,
                                               websocket_peer& peer) {
  peer.send("ready");
  server.frames.take();
  return server.sessions.take();
}

} // namespace

// -- inbound ------------------------------------------------------------------

TEST_CASE("a frame over the limit closes with 1009") {
  websocket_server server{small_frames()};
  websocket_peer peer{server.port()};
  peer.send(std::string(1000, 'x'));
  CHECK(server.frames.take().payload.size() == 1000);
  peer.send(std::string(1001, 'x'));
  CHECK(peer.receive_close().code == 1009);
  auto end = server.ends.take();
  CHECK(end.reason == protocol::errc::too_large);
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
  CHECK(server.ends.take().reason == protocol::errc::too_large);
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
    CHECK(server.ends.take().reason == protocol::errc::peer_closed);
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

// -- outbound -----------------------------------------------------------------

TEST_CASE("what waits to be written is counted") {
  websocket_server server{short_queue()};
  http_peer peer{server.port(), 4096};
  peer.upgrade();
  auto session = server.sessions.take();
  auto counts = session([](net::websocket_session& x) {
    x.send(std::string(15'000'000, 'x'));
    x.send("y");
    return std::pair{x.queued_frames(), x.queued_bytes()};
  });
  CHECK(counts == std::pair<std::size_t, std::size_t>{2, 15'000'001});
  auto head = std::string{"\x81\x7f\0\0\0\0\0\xe4\xe1\xc0", 10};
  CHECK(peer.read_exactly(10) == head);
  CHECK(peer.read_exactly(15'000'000) == std::string(15'000'000, 'x'));
  CHECK(peer.read_exactly(3) == "\x81\x01y");
  CHECK(eventually([&session] {
    return session([](auto& x) {
      return x.queued_frames() == 0 && x.queued_bytes() == 0;
    });
  }));
}

TEST_CASE("a peer that never reads is cut off with the queue full") {
  websocket_server server{short_queue()};
  http_peer peer{server.port(), 4096};
  peer.upgrade();
  auto session = server.sessions.take();
  // More than the kernel holds, so the first stays in flight.
  send(session, 15'000'000);
  CHECK(server.ends.empty());
  send(session, 5'000'000);
  CHECK(server.ends.take().reason == protocol::errc::overflow);
  CHECK(eventually([&server] { return server.ledger().total() == 0; }));
}

TEST_CASE("too many frames fill the queue as well as too many bytes") {
  auto options = short_queue();
  options.queue_frames = 10;
  websocket_server server{options};
  websocket_peer peer{server.port()};
  auto session = writing_session(server, peer);
  session([](net::websocket_session& x) {
    for (auto i = 0; i < 11; ++i)
      x.send("x");
  });
  CHECK(peer.receive_close() == close_frame{1013, "The peer reads too slowly"});
  // All of it was still to be written.
  CHECK(peer.leftovers().empty());
  CHECK(server.ends.take().reason == protocol::errc::overflow);
}

TEST_CASE("a peer that reads on learns that its queue was full") {
  auto options = short_queue();
  options.close_timeout =
      std::chrono::duration_cast<std::chrono::milliseconds>(patience);
  websocket_server server{options};
  websocket_peer peer{server.port(), 4096};
  auto session = writing_session(server, peer);
  send(session, 15'000'000);
  send(session, 900'000);
  send(session, 900'000);
  // What was in flight arrives whole, what waited behind it does not.
  CHECK(peer.receive_close() == close_frame{1013, "The peer reads too slowly"});
  REQUIRE(peer.leftovers().size() == 1);
  CHECK(peer.leftovers()[0].size() == 15'000'000);
  CHECK(server.ends.take().reason == protocol::errc::overflow);
}

TEST_CASE("after an overflow nothing more is queued") {
  auto options = short_queue();
  options.queue_frames = 1;
  websocket_server server{options};
  websocket_peer peer{server.port()};
  auto session = writing_session(server, peer);
  auto waiting = session([](net::websocket_session& x) {
    x.send("1");
    x.send("2");
    x.send("3");
    return x.queued_frames();
  });
  CHECK(waiting == 0);
  CHECK(peer.receive_close().code == 1013);
}
