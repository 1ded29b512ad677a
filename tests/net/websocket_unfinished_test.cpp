#include "support/http_peer.hpp"
#include "support/websocket_frames.hpp"
#include "support/websocket_server.hpp"

#include <doctest/doctest.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

using namespace bridgekeeper;
using namespace std::chrono_literals;
using namespace test;

// Messages that were begun and do not end.

namespace {

net::websocket_options impatient() {
  net::websocket_options out;
  out.pace.stall_timeout = 200ms;
  return out;
}

/// Messages may take 100 kB together, and nothing besides.
struct budgeted {
  explicit budgeted(websocket_server::script what = {})
    : server{[this] {
               net::websocket_options out;
               out.budget = budget;
               out.unbudgeted_bytes = 0;
               return out;
             }(),
             std::move(what)} {}

  std::shared_ptr<net::byte_budget> budget =
      std::make_shared<net::byte_budget>(100'000);
  websocket_server server;

  [[nodiscard]] http_peer connect() {
    http_peer out{server.port()};
    out.upgrade();
    return out;
  }
};

/// A message of `size`, up to its last byte.
std::string all_but_one(std::size_t size) {
  return frame_head(opcode::text, size) + std::string(size - 1, 'x');
}

/// The same, where every message is kept by its owner.
struct holding : budgeted {
  holding()
    : budgeted({{}, [](net::websocket_session& x, std::string_view) {
                  x.hold_frame();
                  x.pause_reading();
                }}) {}

  /// A peer whose message is with its owner.
  [[nodiscard]] http_peer send_one() {
    auto out = connect();
    out.write(all_but_one(80'000) + "x");
    server.frames.take();
    return out;
  }
};

} // namespace

// -- progress -----------------------------------------------------------------

TEST_CASE("a message that does not go on ends the connection, whatever pongs "
          "say") {
  websocket_server server{impatient()};
  http_peer peer{server.port()};
  peer.upgrade();
  peer.write(client_frame(opcode::text, std::string(1'000'000, 'x'), false));
  auto session = server.sessions.take();
  for (auto i = 0; i < 100 && server.ends.empty(); ++i) {
    peer.write(client_frame(opcode::pong, ""));
    pass(session, 20ms);
  }
  auto end = server.ends.take();
  CHECK(end.reason == errc::request_timeout);
  CHECK(peer.read_exactly(4) == "\x88\x24\x03\xf0");
  CHECK(peer.read_exactly(34) == "The message did not arrive in time");
}

TEST_CASE("a peer that may pause has to finish its messages, too") {
  auto options = impatient();
  options.peer_may_pause = true;
  websocket_server server{options};
  http_peer peer{server.port()};
  peer.upgrade();
  peer.write(all_but_one(1'000'000));
  CHECK(server.ends.take().reason == errc::request_timeout);
}

TEST_CASE("a message is not late while nobody reads it") {
  websocket_server server{impatient()};
  http_peer peer{server.port()};
  peer.upgrade();
  auto session = server.sessions.take();
  peer.write(frame_head(opcode::text, 10) + "12345");
  session([](auto& x) { x.pause_reading(); });
  pass(session, 1s);
  CHECK(server.ends.empty());
  peer.write("67890");
  session([](auto& x) { x.resume_reading(); });
  CHECK(server.frames.take().payload.size() == 10);
}

// -- the budget ---------------------------------------------------------------

TEST_CASE_FIXTURE(budgeted, "unfinished messages share a budget, and wait for "
                            "room in it") {
  auto one = connect();
  one.write(all_but_one(80'000));
  CHECK(eventually([this] { return budget->used() >= 80'000; }));
  auto two = connect();
  two.write(all_but_one(80'000) + "x");
  auto used = budget->used();
  CHECK(used <= 100'000);
  CHECK(server.frames.empty());
  one.write("x");
  CHECK(server.frames.take().payload.size() == 80'000);
  CHECK(server.frames.take().payload.size() == 80'000);
  CHECK(eventually([this] { return budget->used() < 40'000; }));
}

TEST_CASE_FIXTURE(budgeted, "who leaves with a message unfinished gives back "
                            "what it took") {
  auto one = connect();
  one.write(all_but_one(80'000));
  CHECK(eventually([this] { return budget->used() >= 80'000; }));
  one.close();
  server.ends.take();
  CHECK(eventually([this] { return budget->used() == 0; }));
}

// Registrations that waited for their token's turn were outside the budget.
TEST_CASE_FIXTURE(holding, "messages that their owners hold stay in the "
                           "budget") {
  auto one = send_one();
  server.sessions.take();
  auto others = std::vector<http_peer>{};
  for (auto i = 0; i < 10; ++i) {
    others.push_back(connect());
    others.back().write(all_but_one(80'000));
    auto session = server.sessions.take();
    pass(session, 10ms);
    CHECK(budget->used() >= 80'000);
    CHECK(budget->used() <= 100'000);
  }
  CHECK(server.frames.empty());
}

TEST_CASE_FIXTURE(holding,
                  "a message that is held keeps others out until it is "
                  "released or its peer leaves") {
  auto one = send_one();
  auto session = server.sessions.take();
  auto two = connect();
  two.write(all_but_one(80'000) + "x");
  pass(session, 200ms);
  CHECK(server.frames.empty());
  SUBCASE("released") {
    session([](auto& x) { x.release_frame(); });
  }
  SUBCASE("gone") {
    session([](auto& x) { x.resume_reading(); });
    one.close();
  }
  CHECK(server.frames.take().payload.size() == 80'000);
}

TEST_CASE_FIXTURE(budgeted, "a peer that is known is not counted any more") {
  auto one = connect();
  auto session = server.sessions.take();
  one.write(client_frame(opcode::text, "first"));
  CHECK(server.frames.take().payload == "first");
  session([](auto& x) { x.accept_frames_up_to(1'000'000); });
  one.write(all_but_one(900'000) + "x");
  CHECK(server.frames.take().payload.size() == 900'000);
  CHECK(budget->used() == 0);
}

TEST_CASE("a small message needs no budget") {
  net::websocket_options options;
  options.budget = std::make_shared<net::byte_budget>(0);
  websocket_server server{options};
  http_peer peer{server.port()};
  peer.upgrade();
  peer.write(client_frame(opcode::text, std::string(300, 'x')));
  CHECK(server.frames.take().payload.size() == 300);
}
