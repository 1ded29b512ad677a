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

// What waits to be written, and peers that do not read it.

namespace {

constexpr std::size_t bound = 64 * kibibyte;

/// More than the kernel holds for a peer that does not read.
constexpr std::size_t large = 15'000'000;

net::websocket_options short_queue() {
  net::websocket_options out;
  out.queue_bytes = bound;
  out.queue_frames = 10;
  return out;
}

net::websocket_options impatient() {
  auto out = short_queue();
  out.pace.stall_timeout = 200ms;
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

// -- bursts -------------------------------------------------------------------

TEST_CASE("what waits to be written is counted") {
  websocket_server server{short_queue()};
  http_peer peer{server.port(), 4096};
  peer.upgrade();
  auto session = server.sessions.take();
  auto counts = session([](net::websocket_session& x) {
    x.send(std::string(large, 'x'));
    x.send("y");
    return std::pair{x.queued_frames(), x.queued_bytes()};
  });
  CHECK(counts == std::pair<std::size_t, std::size_t>{2, large + 1});
  auto head = std::string{"\x81\x7f\0\0\0\0\0\xe4\xe1\xc0", 10};
  CHECK(peer.read_exactly(10) == head);
  CHECK(peer.read_exactly(large) == std::string(large, 'x'));
  CHECK(peer.read_exactly(3) == "\x81\x01y");
  CHECK(eventually([&session] {
    return session([](auto& x) {
      return x.queued_frames() == 0 && x.queued_bytes() == 0;
    });
  }));
}

TEST_CASE("one message larger than the queue's bound is not slow reading") {
  websocket_server server{short_queue()};
  websocket_peer peer{server.port()};
  auto session = writing_session(server, peer);
  std::string text(bound + 36'000, 'x');
  session([&text](net::websocket_session& x) { x.send(text); });
  CHECK(peer.receive() == text);
  CHECK(server.ends.empty());
}

TEST_CASE("a burst beyond the queue's bound is not slow reading") {
  websocket_server server{short_queue()};
  websocket_peer peer{server.port()};
  auto session = writing_session(server, peer);
  session([](net::websocket_session& x) {
    for (auto i = 0; i < 3; ++i)
      x.send(std::string(large, 'x'));
    for (auto i = 0; i < 100; ++i)
      x.send("x");
  });
  for (auto i = 0; i < 3; ++i)
    CHECK(peer.receive().size() == large);
  for (auto i = 0; i < 100; ++i)
    CHECK(peer.receive() == "x");
  CHECK(server.ends.empty());
}

TEST_CASE("a session over a bound is full, and says when it has room") {
  std::vector<std::size_t> sizes;
  SUBCASE("in bytes") {
    sizes = {large};
  }
  SUBCASE("in frames") {
    sizes.assign(11, 1);
  }
  websocket_server server{short_queue()};
  websocket_peer peer{server.port(), 4096};
  auto session = writing_session(server, peer);
  auto is_full = session([&sizes](net::websocket_session& x) {
    CHECK_FALSE(x.is_full());
    for (auto size : sizes)
      x.send(std::string(size, 'x'));
    return x.is_full();
  });
  CHECK(is_full);
  for (auto size : sizes)
    CHECK(peer.receive().size() == size);
  server.room.take();
  CHECK_FALSE(session([](auto& x) { return x.is_full(); }));
}

TEST_CASE("a large text is held once for all peers it waits for") {
  auto options = short_queue();
  options.output = std::make_shared<net::output_ledger>(2 * large);
  websocket_server server{options};
  auto text = std::make_shared<const shared_text>(std::string(large, 'x'));
  http_peer one{server.port(), 4096};
  http_peer other{server.port(), 4096};
  for (auto* peer : {&one, &other}) {
    peer->upgrade();
    server.sessions.take()([&text](net::websocket_session& x) {
      x.send({"<", text, ">"});
    });
  }
  CHECK(options.output->total() >= large);
  CHECK(options.output->total() < large + 100);
  // The queue's and that of the write under way, for each.
  CHECK(eventually([&text] { return text.use_count() == 5; }));
  for (auto* peer : {&one, &other}) {
    std::ignore = peer->read_exactly(10);
    CHECK(peer->read_exactly(large + 2) == '<' + text->text + '>');
  }
  CHECK(eventually([&] { return options.output->total() == 0; }));
  CHECK(eventually([&text] { return text.use_count() == 1; }));
}

TEST_CASE("a reader that owes little does not go with one whose messages are "
          "shared") {
  auto options = short_queue();
  options.output = std::make_shared<net::output_ledger>(mebibyte);
  websocket_server server{options};
  http_peer one{server.port(), 4096};
  one.upgrade();
  auto greedy = server.sessions.take();
  websocket_peer other{server.port()};
  auto small = writing_session(server, other);
  greedy([](net::websocket_session& x) {
    for (auto i = 0; i < 128; ++i)
      x.send(
          {"",
           std::make_shared<const shared_text>(std::string(64 * kibibyte, 'x')),
           ""});
  });
  CHECK(
      eventually([&] { return !greedy([](auto& x) { return x.is_open(); }); }));
  CHECK(eventually([&] { return options.output->total() == 0; }));
  send(small, 5);
  CHECK(other.receive() == "xxxxx");
}

TEST_CASE("a session that was never full says nothing of room") {
  websocket_server server{short_queue()};
  websocket_peer peer{server.port()};
  auto session = writing_session(server, peer);
  send(session, 1000);
  CHECK(peer.receive().size() == 1000);
  peer.send("more");
  server.frames.take();
  CHECK(server.room.empty());
}

// -- peers that do not read ---------------------------------------------------

TEST_CASE("a peer that never reads is cut off") {
  websocket_server server{impatient()};
  http_peer peer{server.port(), 4096};
  peer.upgrade();
  auto session = server.sessions.take();
  send(session, large);
  CHECK(server.ends.take().reason == errc::overflow);
  CHECK(eventually([&server] { return server.ledger().total() == 0; }));
}

TEST_CASE("a peer that reads on learns that it was too slow") {
  auto options = impatient();
  options.close_timeout =
      std::chrono::duration_cast<std::chrono::milliseconds>(patience);
  websocket_server server{options};
  websocket_peer peer{server.port(), 4096};
  auto session = writing_session(server, peer);
  for (auto size : {large, std::size_t{900'000}, std::size_t{900'000}})
    send(session, size);
  CHECK(eventually(
      [&] { return session([](auto& x) { return x.queued_frames(); }) == 1; }));
  // What was in flight arrives whole, what waited behind it does not.
  CHECK(peer.receive_close() == close_frame{1013, "The peer reads too slowly"});
  REQUIRE(peer.leftovers().size() == 1);
  CHECK(peer.leftovers()[0].size() == large);
  CHECK(server.ends.take().reason == errc::overflow);
}

TEST_CASE("a peer that may pause is not cut off for reading nothing") {
  auto options = impatient();
  options.peer_may_pause = true;
  websocket_server server{options};
  websocket_peer peer{server.port(), 4096};
  auto session = writing_session(server, peer);
  send(session, large);
  pass(session, 1s);
  CHECK(session([](auto& x) { return x.is_full(); }));
  CHECK(peer.receive().size() == large);
  CHECK(server.ends.empty());
}

TEST_CASE("closing takes as long as the peer reads what is queued") {
  auto options = short_queue();
  options.close_timeout = 400ms;
  websocket_server server{options};
  http_peer peer{server.port(), 4096};
  peer.upgrade();
  auto session = server.sessions.take();
  session([](net::websocket_session& x) {
    x.send(std::string(large, 'x'));
    x.close({1000, "bye"}, errc::cancelled);
  });
  std::ignore = peer.read_exactly(10);
  for (std::size_t read = 0; read < large; read += large / 15) {
    pass(session, 100ms);
    std::ignore = peer.read_exactly(large / 15);
  }
  CHECK(peer.read_exactly(2) == "\x88\x05");
  CHECK(server.ends.take().reason == errc::cancelled);
}

TEST_CASE("closing does not wait for a peer that reads nothing") {
  auto options = short_queue();
  options.close_timeout = 200ms;
  websocket_server server{options};
  http_peer peer{server.port(), 4096};
  peer.upgrade();
  auto session = server.sessions.take();
  session([](net::websocket_session& x) {
    x.send(std::string(large, 'x'));
    x.close({1000, "bye"}, errc::cancelled);
  });
  CHECK(server.ends.take().reason == errc::cancelled);
}

// -- pings --------------------------------------------------------------------

namespace {

net::websocket_options pinging() {
  net::websocket_options out;
  out.ping_interval = 50ms;
  out.pace.stall_timeout = 200ms;
  return out;
}

} // namespace

TEST_CASE("a peer that answers no pings is closed with 4003") {
  websocket_server server{pinging()};
  http_peer peer{server.port()};
  peer.upgrade();
  CHECK(server.ends.take().reason == errc::heartbeat_timeout);
  auto heard = peer.read_to_end();
  CHECK(heard.find("\x88\x13\x0f\xa3Heartbeat timeout") != std::string::npos);
}

TEST_CASE("a peer that still reads what waits before a ping need not answer "
          "it") {
  auto options = pinging();
  options.pace.stall_timeout = 400ms;
  websocket_server server{options};
  http_peer peer{server.port(), 4096};
  peer.upgrade();
  auto session = server.sessions.take();
  send(session, large);
  std::ignore = peer.read_exactly(10);
  for (auto i = 0; i < 15; ++i) {
    pass(session, 100ms);
    std::ignore = peer.read_exactly(large / 15);
  }
  CHECK(server.ends.empty());
}

TEST_CASE("a peer that answers pings stays") {
  auto options = pinging();
  options.pace.stall_timeout = 1s;
  websocket_server server{options};
  http_peer peer{server.port()};
  peer.upgrade();
  // Several times the time that a peer has which answers none.
  for (auto i = 0; i < 60; ++i) {
    CHECK(peer.read_exactly(2) == std::string{"\x89\0", 2});
    peer.write(client_frame(opcode::pong, ""));
  }
  CHECK(server.ends.empty());
}

TEST_CASE("a peer that may pause need not answer pings") {
  auto options = pinging();
  options.peer_may_pause = true;
  websocket_server server{options};
  http_peer peer{server.port()};
  peer.upgrade();
  CHECK(peer.read_exactly(20).size() == 20);
  CHECK(server.ends.empty());
}

TEST_CASE("a peer that is not read is not blamed for its silence") {
  websocket_server server{pinging()};
  http_peer peer{server.port()};
  peer.upgrade();
  auto session = server.sessions.take();
  session([](auto& x) { x.pause_reading(); });
  pass(session, 1s);
  CHECK(server.ends.empty());
  session([](auto& x) { x.resume_reading(); });
  CHECK(server.ends.take().reason == errc::heartbeat_timeout);
}
