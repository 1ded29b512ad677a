#include "support/http_peer.hpp"
#include "support/http_server.hpp"

#include <doctest/doctest.h>

#include <string>

using namespace bridgekeeper;
using namespace std::chrono_literals;
using namespace test;

namespace {

/// Wants no body, and answers with the length of the one it got.
http_server::script unwilling() {
  http_server::script out;
  out.on_request = [](const http_server::link_ptr& link,
                      const net::http_request& x) {
    link->session->respond(text_answer(std::to_string(x.body().size())));
  };
  out.wants_body = [](const net::http_request&) { return false; };
  return out;
}

/// Adds the page that a request comes from.
http_server::script decorating() {
  http_server::script out;
  out.decorate = [](const net::http_request& x, net::http_response& answer) {
    answer.headers.emplace_back("x-page", x.header("origin"));
  };
  return out;
}

std::string post(std::size_t size, const std::string& headers = {}) {
  return "POST /x HTTP/1.1\r\nHost: t\r\n" + headers
         + "Content-Length: " + std::to_string(size) + "\r\n\r\n";
}

} // namespace

// -- bodies that nobody wants -------------------------------------------------

TEST_CASE("a body that nobody wants is not waited for") {
  http_server server{unwilling()};
  std::string chunked = "POST /x HTTP/1.1\r\nHost: t\r\n"
                        "Transfer-Encoding: chunked\r\n\r\n";
  for (const auto& text : {post(100'000), chunked}) {
    CAPTURE(text);
    http_peer peer{server.port()};
    peer.write(text);
    auto answer = peer.read_answer();
    CHECK(answer.body == "0");
    CHECK_FALSE(answer.keep_alive);
    CHECK(peer.at_end());
  }
}

TEST_CASE("a body that nobody wants is thrown away as it comes") {
  http_server server{unwilling()};
  http_peer peer{server.port()};
  peer.write(post(1'000'000) + std::string(1'000'000, 'x'));
  CHECK(peer.read_answer().body == "0");
}

TEST_CASE("a small body that nobody wants does not cost the connection") {
  http_server server{unwilling()};
  http_peer peer{server.port()};
  for (auto i = 0; i < 2; ++i) {
    peer.write(post(3) + "abc");
    auto answer = peer.read_answer();
    CHECK(answer.body == "3");
    CHECK(answer.keep_alive);
  }
}

TEST_CASE("a client that asks first is not told to send what nobody wants") {
  http_server server{unwilling()};
  http_peer peer{server.port()};
  peer.write(post(3, "Expect: 100-continue\r\n"));
  auto answer = peer.read_answer();
  CHECK(answer.status == 200);
  CHECK_FALSE(answer.keep_alive);
}

TEST_CASE("an upgrade with a body is refused") {
  http_server server{unwilling()};
  http_peer peer{server.port()};
  peer.write("GET / HTTP/1.1\r\nHost: t\r\nUpgrade: websocket\r\n"
             "Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
             "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
             "Content-Length: 5000\r\n\r\n");
  CHECK(peer.read_answer().status == 400);
  CHECK(server.requests.empty());
}

// -- what the session answers itself ------------------------------------------

TEST_CASE("the owner adds headers to a refusal that is not its own") {
  net::http_options options;
  options.max_body_bytes = 100;
  options.request_timeout = 50ms;
  http_server server{decorating(), options};
  SUBCASE("of a body that is too large") {
    http_peer peer{server.port()};
    peer.write(post(101, "Origin: http://page\r\n"));
    auto answer = peer.read_answer();
    CHECK(answer.status == 413);
    CHECK(answer.headers["x-page"] == "http://page");
  }
  SUBCASE("of a body that does not come") {
    http_peer peer{server.port()};
    peer.write(post(10, "Origin: http://page\r\n"));
    auto answer = peer.read_answer();
    CHECK(answer.status == 408);
    CHECK(answer.headers["x-page"] == "http://page");
  }
  SUBCASE("of what is no request at all") {
    http_peer peer{server.port()};
    peer.write("hello\r\n\r\n");
    auto answer = peer.read_answer();
    CHECK(answer.status == 400);
    CHECK(answer.headers["x-page"].empty());
  }
}
