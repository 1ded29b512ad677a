#include "support/http_peer.hpp"
#include "support/http_server.hpp"

#include <doctest/doctest.h>

#include <string>

using namespace bridgekeeper;
using namespace std::chrono_literals;
using namespace test;

// Transfers may take long, as long as they get on.

namespace {

constexpr auto step = 100ms;
constexpr auto steps = 12;

/// Shorter than a transfer in `steps` steps, longer than one step.
constexpr auto short_time = 500ms;

http_server::script counting() {
  return {[](const http_server::link_ptr& link, const net::http_request& x) {
            link->session->respond(
                text_answer(std::to_string(x.body().size())));
          },
          {}};
}

net::http_options short_times(std::size_t min_rate) {
  net::http_options out;
  out.max_body_bytes = 10'000'000;
  out.request_timeout = short_time;
  out.pace = {short_time, min_rate};
  return out;
}

std::string head(std::size_t size) {
  return "POST / HTTP/1.1\r\nHost: t\r\nContent-Length: " + std::to_string(size)
         + "\r\n\r\n";
}

} // namespace

TEST_CASE("a body that gets on may take longer than the request timeout") {
  http_server server{counting(), short_times(1000)};
  http_peer peer{server.port()};
  peer.write(head(steps * 1000));
  auto session = server.sessions.take();
  for (auto i = 0; i < steps; ++i) {
    pass(session, step);
    peer.write(std::string(1000, 'x'));
  }
  CHECK(peer.read_answer().body == std::to_string(steps * 1000));
}

TEST_CASE("a body that trickles is answered with 408") {
  http_server server{counting(), short_times(1000)};
  http_peer peer{server.port()};
  peer.write(head(steps * 1000));
  auto session = server.sessions.take();
  for (auto i = 0; i < steps && server.ends.empty(); ++i) {
    pass(session, step);
    peer.write("x");
  }
  CHECK(peer.read_answer().status == 408);
  CHECK(server.requests.empty());
}

TEST_CASE("a header has to come in time, however steadily it comes") {
  http_server server{counting(), short_times(0)};
  http_peer peer{server.port()};
  auto session = server.sessions.take();
  peer.write("GET / HTTP/1.1\r\n");
  for (auto i = 0; i < steps && server.ends.empty(); ++i) {
    pass(session, step);
    peer.write("a: b\r\n");
  }
  CHECK(peer.read_answer().status == 408);
}

TEST_CASE("an answer may take longer than every timeout while it is read") {
  constexpr std::size_t size = steps * 1'000'000;
  http_server server{answering(std::string(size, 'x')), short_times(1000)};
  http_peer peer{server.port(), 4096};
  peer.get("/");
  auto session = server.sessions.take();
  std::ignore = peer.read_until("\r\n\r\n");
  for (auto i = 0; i < steps; ++i) {
    pass(session, step);
    CHECK(peer.read_exactly(size / steps).size() == size / steps);
  }
  peer.get("/");
  CHECK(peer.read_until("\r\n\r\n").starts_with("HTTP/1.1 200 OK"));
}

TEST_CASE("an answer that is read too slowly is cut off") {
  constexpr std::size_t size = 50'000'000;
  http_server server{answering(std::string(size, 'x')), short_times(10'000)};
  http_peer peer{server.port(), 4096};
  peer.get("/");
  auto session = server.sessions.take();
  std::ignore = peer.read_until("\r\n\r\n");
  for (auto i = 0; i < 100 && server.ends.empty(); ++i) {
    std::ignore = peer.read_exactly(1);
    pass(session, step);
  }
  CHECK(server.ends.take().reason == errc::request_timeout);
}

TEST_CASE("an answer under way gets the time it needs when its session is "
          "abandoned") {
  constexpr std::size_t size = 30 * 500'000;
  http_server server;
  http_peer peer{server.port(), 4096};
  peer.get("/");
  auto session = server.sessions.take();
  server.requests.take();
  session([](net::http_session& x) {
    x.respond(text_answer(std::string(size, 'x')));
    x.abandon();
  });
  std::ignore = peer.read_until("\r\n\r\n");
  for (auto i = 0; i < 30; ++i) {
    pass(session, step);
    CHECK(peer.read_exactly(size / 30).size() == size / 30);
  }
  CHECK(peer.at_end());
}

TEST_CASE("a peer that sends a large body slowly still reads its refusal") {
  auto options = short_times(0);
  options.max_body_bytes = 100;
  options.request_timeout = 10s;
  http_server server{counting(), options};
  http_peer peer{server.port()};
  auto session = server.sessions.take();
  peer.write(head(30'000));
  // Longer than a peer that sends nothing has.
  for (auto i = 0; i < 30; ++i) {
    pass(session, step);
    peer.write(std::string(1000, 'x'));
  }
  CHECK(peer.read_answer().status == 413);
}
