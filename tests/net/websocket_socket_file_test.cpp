#include "support/http_peer.hpp"
#include "support/websocket_frames.hpp"
#include "support/websocket_server.hpp"

#include <doctest/doctest.h>

#include <cstdlib>
#include <filesystem>
#include <string>

using namespace bridgekeeper;
using namespace std::chrono_literals;
using namespace test;

// Dead peers on socket files, where the kernel counts what a program has not
// read, and acknowledges nothing.

namespace {

class scratch_place {
public:
  scratch_place() {
    std::string name = "/tmp/bridgekeeper-XXXXXX";
    REQUIRE(::mkdtemp(name.data()) != nullptr);
    directory_ = name;
  }

  ~scratch_place() {
    std::filesystem::remove_all(directory_);
  }

  [[nodiscard]] std::string file() const {
    return directory_ / "socket";
  }

private:
  std::filesystem::path directory_;
};

struct over_file {
  explicit over_file(bool may_pause = false,
                     std::chrono::milliseconds patience = 200ms)
    : server{[&] {
               net::websocket_options out;
               out.ping_interval = 50ms;
               out.pace.stall_timeout = patience;
               out.peer_may_pause = may_pause;
               return out;
             }(),
             {},
             [this] {
               net::listener_options out;
               out.endpoints = {{{}, 0, place.file()}};
               return out;
             }()} {}

  scratch_place place;
  websocket_server server;
  http_peer peer{place.file()};
};

void send(const remote<net::websocket_session>& session, std::size_t size) {
  session([size](auto& x) { x.send(std::string(size, 'x')); });
}

} // namespace

// As with kill -STOP: pings waited unread, and so it never owed an answer.
TEST_CASE("a stopped program on a socket file is closed with 4003") {
  over_file x;
  x.peer.upgrade();
  SUBCASE("when nothing waits for it but pings") {}
  SUBCASE("when output waits for it, too") {
    auto session = x.server.sessions.take();
    send(session, 10'000);
    send(session, 10'000);
  }
  CHECK(x.server.ends.take().reason == errc::heartbeat_timeout);
}

TEST_CASE("a program on a socket file that reads pings and answers none is "
          "closed with 4003") {
  over_file x;
  x.peer.upgrade();
  auto heard = x.peer.read_to_end();
  CHECK(heard.find("\x88\x13\x0f\xa3Heartbeat timeout") != std::string::npos);
  CHECK(x.server.ends.take().reason == errc::heartbeat_timeout);
}

TEST_CASE("a stopped program on a socket file is cut off when its buffer is "
          "full") {
  over_file x;
  x.peer.upgrade();
  send(x.server.sessions.take(), 15'000'000);
  CHECK(x.server.ends.take().reason == errc::overflow);
}

TEST_CASE("a program on a socket file that still reads what waits before a "
          "ping need not answer it") {
  constexpr std::size_t frames = 30;
  constexpr std::size_t size = 4000;
  over_file x{false, 400ms};
  x.peer.upgrade();
  auto session = x.server.sessions.take();
  for (std::size_t i = 0; i < frames; ++i)
    send(session, size);
  for (std::size_t i = 0; i < frames; ++i) {
    pass(session, 50ms);
    std::ignore = x.peer.read_at_most(size);
  }
  CHECK(x.server.ends.empty());
}

TEST_CASE("a program on a socket file that answers pings stays") {
  over_file x{false, 1s};
  x.peer.upgrade();
  for (auto i = 0; i < 40; ++i) {
    CHECK(x.peer.read_exactly(2) == std::string{"\x89\0", 2});
    x.peer.write(client_frame(opcode::pong, ""));
  }
  CHECK(x.server.ends.empty());
}

TEST_CASE("a program on a socket file that may pause need not read") {
  over_file x{true};
  x.peer.upgrade();
  auto session = x.server.sessions.take();
  send(session, 15'000'000);
  pass(session, 1s);
  CHECK(x.server.ends.empty());
}
