#include "support/http_peer.hpp"
#include "support/http_server.hpp"

#include <doctest/doctest.h>

#include <exception>
#include <string>
#include <vector>

using namespace bridgekeeper;
using namespace std::chrono_literals;
using namespace test;

// What never reaches an owner: the session answers in its place.

namespace {

http_server::script answering() {
  return {[](const http_server::link_ptr& link, const net::http_request& x) {
            link->session->respond(
                text_answer(std::to_string(x.body().size())));
          },
          {}};
}

net::http_options small_limits() {
  net::http_options out;
  out.max_header_bytes = 1000;
  out.max_body_bytes = 100;
  return out;
}

net::http_options short_times() {
  net::http_options out;
  out.request_timeout = 50ms;
  out.idle_timeout = 50ms;
  return out;
}

/// The answer to `text`, after which the connection must end.
http_answer refused(http_server& server, std::string_view text) {
  http_peer peer{server.port()};
  peer.write(text);
  auto answer = peer.read_answer();
  CHECK_FALSE(answer.keep_alive);
  CHECK(answer.headers["content-type"] == "application/json");
  CHECK(peer.at_end());
  CHECK(server.requests.empty());
  return answer;
}

std::string with_header_of(std::size_t size) {
  std::string head = "GET / HTTP/1.1\r\nHost: t\r\nX: ";
  return head + std::string(size - head.size() - 4, 'x') + "\r\n\r\n";
}

const std::string right_key = "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n";

std::string upgrade_with(const std::string& more) {
  return "GET / HTTP/1.1\r\nHost: t\r\nUpgrade: websocket\r\n"
         "Connection: Upgrade\r\n"
         + more + "\r\n";
}

std::string post(std::size_t size, bool with_body) {
  return "POST / HTTP/1.1\r\nHost: t\r\nContent-Length: " + std::to_string(size)
         + "\r\n\r\n" + std::string(with_body ? size : 0, 'x');
}

} // namespace

// One refusal of each kind. The other requests that are refused are tested
// against the binary, in tests/hostile/test_http_heads.py, test_http_bodies.py
// and test_websocket_handshakes.py.
TEST_CASE("each kind of refusal says what is wrong and ends the connection") {
  auto limits = small_limits();
  limits.request_timeout = 500ms;
  http_server server{answering(), limits};
  struct kind {
    std::string text;
    unsigned status;
    std::string detail;
  };
  const std::string version = "Sec-WebSocket-Version: 13\r\n";
  constexpr auto lasting = R"(","retryable":false,"retry_after_s":null})";
  constexpr auto passing = R"(","retryable":true,"retry_after_s":null})";
  for (const auto& [text, status, detail] : std::vector<kind>{
           {"hello\r\n\r\n", 400, "The request is not valid HTTP"},
           {"GET / HTTP/1.1\r\n\r\n", 400,
            "The request is not valid HTTP: it has no Host header"},
           {"GET health HTTP/1.1\r\nHost: t\r\n\r\n", 400,
            "The request is not valid HTTP: its target is neither a path nor "
            "an http(s) URL"},
           {"POST / HTTP/1.1\r\nHost: t\r\nTransfer-Encoding:\r\n\r\n0\r\n\r\n",
            400,
            "The request is not valid HTTP: its Transfer-Encoding is not "
            "chunked"},
           {upgrade_with(right_key), 426,
            "WebSocket upgrades require Sec-WebSocket-Version 13"},
           {upgrade_with(version), 400,
            "The request is not valid HTTP: its Sec-WebSocket-Key does not "
            "decode to 16 bytes"},
           {upgrade_with(version + right_key) + "frame", 400,
            "The request is not valid HTTP"},
           {with_header_of(1100), 431, "The request's header is too large"},
           {post(101, false), 413, "Message too large"},
           {"POST / HTTP/1.1\r\nHost: t\r\nTransfer-Encoding: chunked\r\n\r\n"
            "65\r\n",
            413, "Message too large"},
           {"GET / HTTP/1.1\r\nHost: t\r\n", 408,
            "The request did not arrive in time"}}) {
    CAPTURE(text);
    auto answer = refused(server, text);
    CHECK(answer.status == status);
    CHECK(answer.body.starts_with(R"({"detail":")" + detail + R"(","code":")"));
    CHECK(answer.body.ends_with(status == 408 ? passing : lasting));
    if (status == 426) {
      // RFC 9110, 15.5.22, and RFC 6455, 4.4.
      CHECK(answer.headers["connection"] == "upgrade, close");
      CHECK(answer.headers["upgrade"] == "websocket");
      CHECK(answer.headers["sec-websocket-version"] == "13");
    }
  }
}

// -- 413 and 431 --------------------------------------------------------------

TEST_CASE("a header over the limit is answered with 431") {
  http_server server{answering(), small_limits()};
  http_peer peer{server.port()};
  peer.write(with_header_of(900));
  CHECK(peer.read_answer().status == 200);
  server.requests.take();
  CHECK(refused(server, with_header_of(1100)).status == 431);
  // Even if it never ends.
  CHECK(refused(server, "GET /" + std::string(1100, 'x')).status == 431);
}

TEST_CASE("a header over the limit is refused however small its pieces are") {
  http_server server{answering(), small_limits()};
  http_peer peer{server.port()};
  peer.write("GET / HTTP/1.1\r\nHost: t\r\n");
  try {
    for (auto i = 0; i < 5000; ++i)
      peer.write("X: y\r\n");
  } catch (const std::exception&) {
    // The server hung up meanwhile.
  }
  CHECK(peer.read_answer().status == 431);
}

TEST_CASE("a body over the limit is answered with 413") {
  http_server server{answering(), small_limits()};
  http_peer peer{server.port()};
  peer.write(post(100, true));
  CHECK(peer.read_answer().body == "100");
  server.requests.take();
  CHECK(refused(server, post(101, true)).status == 413);
  // Its announcement is enough.
  CHECK(refused(server, post(101, false)).status == 413);
  CHECK(refused(server, post(1ULL << 40, false)).status == 413);
}

TEST_CASE("the extensions of chunks have as many bytes as the header, in all") {
  http_server server{answering(), small_limits()};
  auto chunk = [](std::size_t size) {
    return "1;" + std::string(size, 'e') + "\r\nx\r\n";
  };
  const std::string head = "POST / HTTP/1.1\r\nHost: t\r\n"
                           "Transfer-Encoding: chunked\r\n\r\n";
  http_peer peer{server.port()};
  peer.write(head + chunk(400) + chunk(400) + "0\r\n\r\n");
  CHECK(peer.read_answer().body == "2");
  server.requests.take();
  CHECK(refused(server, head + chunk(400) + chunk(400) + chunk(400)).status
        == 431);
  // Even one that never ends.
  CHECK(refused(server, head + "1;" + std::string(100'000, 'e')).status == 431);
}

TEST_CASE(
    "a body in chunks leaves room for what follows while its answer takes "
    "time") {
  http_server server{{}, small_limits()};
  http_peer peer{server.port()};
  peer.write("POST / HTTP/1.1\r\nHost: t\r\nTransfer-Encoding: chunked\r\n\r\n"
             "1\r\nx\r\n0\r\n\r\n");
  server.requests.take();
  peer.get("/" + std::string(500, 'x'));
  server.sessions.take()(
      [](net::http_session& x) { x.respond(text_answer("done")); });
  CHECK(peer.read_answer().body == "done");
  CHECK(server.requests.take().target.size() == 501);
}

TEST_CASE("trailers have no more bytes than the header") {
  http_server server{answering(), small_limits()};
  const std::string head = "POST / HTTP/1.1\r\nHost: t\r\n"
                           "Transfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\n";
  http_peer peer{server.port()};
  peer.write(head + "X: " + std::string(800, 'x') + "\r\n\r\n");
  CHECK(peer.read_answer().body == "1");
  server.requests.take();
  CHECK(refused(server, head + "X: " + std::string(100'000, 'x')).status
        == 431);
  std::string many;
  for (auto i = 0; i < 20'000; ++i)
    many += "X: x\r\n";
  CHECK(refused(server, head + many).status == 431);
}

TEST_CASE("a client that sends a large body all the same reads its refusal") {
  http_server server{answering(), small_limits()};
  http_peer peer{server.port()};
  // More than all buffers between us hold: it must be read to be written.
  peer.write(post(20'000'000, true));
  CHECK(peer.read_answer().status == 413);
}

// -- 408 ----------------------------------------------------------------------

TEST_CASE("a request that does not go on is answered with 408") {
  http_server server{answering(), short_times()};
  CHECK(refused(server, "GET / HTTP/1.1\r\nHost: t\r\n").status == 408);
  CHECK(refused(server, "G").status == 408);
  CHECK(refused(server, post(10, false) + "12345").status == 408);
}

TEST_CASE("a connection without a request ends without a word") {
  http_server server{answering(), short_times()};
  http_peer peer{server.port()};
  CHECK(peer.at_end());
  CHECK(server.ends.take().reason == errc::request_timeout);
}

TEST_CASE("a connection without another request ends without a word") {
  http_server server{answering(), short_times()};
  http_peer peer{server.port()};
  peer.get("/");
  CHECK(peer.read_answer().status == 200);
  CHECK(peer.at_end());
  CHECK(server.ends.take().reason == errc::request_timeout);
}

TEST_CASE("a refused connection ends for its owner once it is gone") {
  http_server server{answering(), small_limits()};
  {
    http_peer peer{server.port()};
    peer.write("nonsense\r\n\r\n");
    CHECK(peer.read_answer().status == 400);
  }
  server.ends.take();
  CHECK(server.door().ledger()->total() == 0);
}

TEST_CASE("a slow owner is not hurried by the deadline of requests") {
  http_server server{{}, short_times()};
  http_peer peer{server.port()};
  peer.get("/slow");
  auto session = server.sessions.take();
  server.requests.take();
  // Several times the deadline, on the clock that counts.
  inbox<int> later;
  std::unique_ptr<net::deadline> timer;
  call_on(session.home(), [&] {
    timer = std::make_unique<net::deadline>(session.home().deadlines(),
                                            [&later] { later.push(1); });
    timer->arm(250ms);
  });
  later.take();
  call_on(session.home(), [&] { timer.reset(); });
  session([](net::http_session& x) { x.respond(text_answer("done")); });
  CHECK(peer.read_answer().body == "done");
}
