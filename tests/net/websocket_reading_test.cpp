#include "support/http_peer.hpp"
#include "support/websocket_frames.hpp"
#include "support/websocket_peer.hpp"
#include "support/websocket_server.hpp"

#include <doctest/doctest.h>

#include <malloc.h>
#include <string>
#include <vector>

using namespace bridgekeeper;
using namespace test;

// Back-pressure, signs of life, and memory.

namespace {

/// What the allocator has given out and not got back. 0 under a sanitizer,
/// which has an allocator of its own.
std::size_t memory_in_use() {
  auto all = ::mallinfo2();
  return all.uordblks + all.hblkhd;
}

} // namespace

// -- back-pressure ------------------------------------------------------------

TEST_CASE("a peer cannot write on while reading is paused") {
  websocket_server server;
  http_peer peer{server.port()};
  peer.upgrade();
  auto session = server.sessions.take();
  session([](auto& x) { x.pause_reading(); });
  std::string frame = client_frame(opcode::text, std::string(100'000, 'x'));
  std::string all;
  for (auto i = 0; i < 400; ++i)
    all += frame;
  auto written = peer.write_until_blocked(all);
  CHECK(written < all.size());
  // The read under way when it was paused may still end.
  CHECK(server.frames.size() <= 1);

  session([](auto& x) { x.resume_reading(); });
  peer.write(std::string_view{all}.substr(written));
  for (auto i = 0; i < 400; ++i)
    REQUIRE(server.frames.take().payload.size() == 100'000);
  CHECK(server.frames.empty());
}

TEST_CASE("pausing and resuming again and again loses nothing") {
  websocket_server server;
  http_peer peer{server.port()};
  peer.upgrade();
  auto session = server.sessions.take();
  for (auto i = 0; i < 300; ++i) {
    session([](auto& x) { x.pause_reading(); });
    peer.write(client_frame(opcode::text, std::to_string(i)));
    session([](auto& x) {
      x.resume_reading();
      x.resume_reading();
    });
  }
  for (auto i = 0; i < 300; ++i)
    REQUIRE(server.frames.take().payload == std::to_string(i));
}

TEST_CASE("an owner may pause while it is being called") {
  websocket_server server{{},
                          {{}, [](net::websocket_session& x, std::string_view) {
                             x.pause_reading();
                           }}};
  http_peer peer{server.port()};
  peer.upgrade();
  auto session = server.sessions.take();
  std::string packet;
  for (auto i = 0; i < 10; ++i)
    packet += client_frame(opcode::text, std::to_string(i));
  peer.write(packet);
  for (auto i = 0; i < 10; ++i) {
    CHECK(server.frames.take().payload == std::to_string(i));
    call_on(server.thread(), [] {});
    CHECK(server.frames.empty());
    session([](auto& x) { x.resume_reading(); });
  }
}

TEST_CASE("an owner may resume while it is being called") {
  websocket_server server{{},
                          {{}, [](net::websocket_session& x, std::string_view) {
                             x.pause_reading();
                             x.resume_reading();
                           }}};
  http_peer peer{server.port()};
  peer.upgrade();
  std::string packet;
  for (auto i = 0; i < 100; ++i)
    packet += client_frame(opcode::text, "message " + std::to_string(i));
  peer.write(packet);
  for (auto i = 0; i < 100; ++i)
    REQUIRE(server.frames.take().payload == "message " + std::to_string(i));
}

TEST_CASE("a paused session can still write and close") {
  websocket_server server;
  websocket_peer peer{server.port()};
  server.sessions.take()([](auto& x) {
    x.pause_reading();
    x.send("hello");
    x.close(protocol::make_close_reason(errc::draining), errc::draining);
  });
  peer.write_raw(client_frame(opcode::text, "unread"));
  CHECK(peer.receive_close().code == 1001);
  CHECK(peer.leftovers().size() == 1);
  CHECK(server.ends.take().reason == errc::draining);
  CHECK(server.frames.empty());
}

TEST_CASE("resuming after the end does no harm") {
  websocket_server server;
  websocket_peer peer{server.port()};
  server.sessions.take()([](auto& x) {
    x.pause_reading();
    x.abandon(protocol::make_close_reason(errc::draining), errc::draining);
    x.resume_reading();
  });
  CHECK(peer.receive_close().code == 1001);
}

// -- signs of life ------------------------------------------------------------

TEST_CASE("every part of a frame shows that the peer is alive") {
  websocket_server server;
  http_peer peer{server.port()};
  peer.upgrade();
  auto session = server.sessions.take();
  auto last_inbound = [&session] {
    return session([](auto& x) { return x.last_inbound(); });
  };
  auto before = last_inbound();
  auto shows_life = [&](std::string_view bytes) {
    peer.write(bytes);
    auto seen = eventually([&] { return last_inbound() > before; });
    before = last_inbound();
    return seen;
  };
  CHECK(shows_life(frame_head(opcode::text, 1'000'000) + "a"));
  CHECK(shows_life("b"));
  CHECK(shows_life(std::string(999'997, 'c')));
  CHECK(server.frames.empty());
  CHECK(shows_life("d"));
  CHECK(server.frames.take().payload.size() == 1'000'000);
  CHECK(shows_life(client_frame(opcode::ping, "")));
  CHECK(shows_life(client_frame(opcode::pong, "unasked")));
  CHECK(shows_life(client_frame(opcode::text, "", false)
                   + client_frame(opcode::continuation, "x", false)));
}

TEST_CASE("what we write is no sign of the peer's life") {
  websocket_server server;
  http_peer peer{server.port()};
  peer.upgrade();
  auto session = server.sessions.take();
  auto last_inbound = [&session] {
    return session([](auto& x) { return x.last_inbound(); });
  };
  auto before = last_inbound();
  session([](auto& x) { x.send("hello"); });
  CHECK(peer.read_exactly(7) == "\x81\x05hello");
  CHECK(last_inbound() == before);
}

// -- memory -------------------------------------------------------------------

TEST_CASE("the memory of a large frame is given back when it was handled") {
  websocket_server server;
  http_peer peer{server.port()};
  peer.upgrade();
  auto frame = client_frame(opcode::text, std::string(15'000'000, 'x'));
  // Once around, so that everything is there that stays.
  peer.write(client_frame(opcode::text, "small"));
  server.frames.take();
  auto before = memory_in_use();
  for (auto i = 0; i < 3; ++i) {
    peer.write(frame);
    server.frames.take();
  }
  CHECK(eventually([before] { return memory_in_use() < before + 1'000'000; }));
}

TEST_CASE("idle sessions after large frames cost little") {
  websocket_server server;
  std::vector<http_peer> peers;
  for (auto i = 0; i < 20; ++i)
    peers.emplace_back(server.port()).upgrade();
  auto frame = client_frame(opcode::text, std::string(500'000, 'x'));
  auto before = memory_in_use();
  for (auto& peer : peers) {
    peer.write(frame);
    server.frames.take();
  }
  CHECK(eventually([before] { return memory_in_use() < before + 1'000'000; }));
}
