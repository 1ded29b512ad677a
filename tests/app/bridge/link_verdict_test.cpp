#include "app/bridge/link_verdict.hpp"

#include <doctest/doctest.h>

using namespace bridgekeeper;
using namespace bridgekeeper::app;
using bridgekeeper::net::websocket_end;

namespace {

link_verdict closed(int code, bool registered, std::string reason = "") {
  return judge({.was_open = true,
                .code = static_cast<std::uint16_t>(code),
                .reason = std::move(reason)},
               registered, "host:8000", "shop-1");
}

bool mentions(const link_verdict& x, std::string_view text) {
  return x.sentence.find(text) != std::string::npos;
}

} // namespace

TEST_CASE("a refused token is final and says what to do") {
  auto x = closed(4005, false, "Authentication failed: invalid token");
  CHECK(x.final == exit_code::unauthenticated);
  CHECK(mentions(x, "Authentication failed: invalid token"));
  CHECK(mentions(x, "BRIDGEKEEPER_TOKEN"));
}

TEST_CASE("an upgrade that a proxy has dropped is said to be that") {
  auto x = judge({.reason = R"({"detail":"…"})", .http_status = 426}, false,
                 "host:8000", "a");
  CHECK_FALSE(x.final);
  CHECK(x.sentence.starts_with("host:8000 received no WebSocket upgrade"));
  CHECK(mentions(x, "proxy"));
}

TEST_CASE("a server that is not trusted is named, whole, and tried again") {
  std::string why(250, 'x');
  auto x = judge({.reason = why, .untrusted = true}, false, "host:8000", "a");
  CHECK_FALSE(x.final);
  CHECK(x.sentence == "host:8000 is not trusted: " + why);
}

TEST_CASE("a daemon without a token is told from a wrong token") {
  auto x = closed(4005, false,
                  "Authentication failed: authentication not configured");
  CHECK(x.final == exit_code::unauthenticated);
  CHECK(mentions(x, "has no tokens configured"));
  CHECK_FALSE(mentions(x, "BRIDGEKEEPER_TOKEN"));
}

TEST_CASE("a refused registration is final") {
  CHECK(closed(4001, false).final == exit_code::refused);
  CHECK(closed(4004, false).final == exit_code::refused);
}

TEST_CASE("the same codes after the registration are not final") {
  for (auto code : {4001, 4004, 4005}) {
    CAPTURE(code);
    CHECK_FALSE(closed(code, true).final);
  }
}

TEST_CASE(
    "a bridge that was replaced, or refused because another one is alive, "
    "does not fight for its place") {
  for (auto registered : {false, true}) {
    auto x = closed(4002, registered);
    CHECK(x.final == (registered ? exit_code::replaced : exit_code::refused));
    CHECK(mentions(x, registered ? "has replaced this one" : "already using"));
    CHECK(mentions(x, "another bridge"));
    CHECK(mentions(x, "shop-1"));
    CHECK(mentions(x, "--id"));
  }
}

TEST_CASE("any other end is worth another attempt") {
  for (auto code : {0, 1000, 1001, 1006, 1009, 1012, 1013, 4003}) {
    CAPTURE(code);
    CHECK_FALSE(closed(code, true).final);
    CHECK_FALSE(closed(code, false).final);
  }
}

TEST_CASE("a refused upgrade is worth another attempt, and says its status") {
  auto x = judge({.reason = R"({"detail":"draining"})", .http_status = 503},
                 false, "host:8000", "a");
  CHECK_FALSE(x.final);
  CHECK(mentions(x, "HTTP 503"));
  CHECK(mentions(x, "draining"));
}

TEST_CASE("an unreachable server is named") {
  auto x = judge({.reason = "Connection refused"}, false, "host:8000", "a");
  CHECK_FALSE(x.final);
  CHECK(x.sentence == "cannot reach host:8000: Connection refused");
}

TEST_CASE("a page of HTML is no reason") {
  auto x = judge({.reason = "<html>\n<body>", .http_status = 502}, false,
                 "host:8000", "a");
  CHECK(x.sentence == "host:8000 refused the connection (HTTP 502)");
}

TEST_CASE("an evicted bridge is told who wanted it, not that it was silent") {
  auto x = closed(4003, true, "Evicted by the operator");
  CHECK_FALSE(x.final);
  CHECK(x.sentence
        == "host:8000 closed the connection (4003): Evicted by the operator");
}

TEST_CASE("a bridge that was silent for too long is told so") {
  auto x = closed(4003, true, "Heartbeat timeout");
  CHECK_FALSE(x.final);
  CHECK(x.sentence
        == "host:8000 closed the connection: it received nothing from this "
           "bridge for too long");
}
