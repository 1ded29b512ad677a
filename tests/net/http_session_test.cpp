#include "net/http_session.hpp"
#include "support/http_peer.hpp"
#include "support/http_server.hpp"

#include <doctest/doctest.h>

#include <string>

using namespace bridgekeeper;
using namespace test;

namespace {

/// Answers with what was asked.
http_server::script mirror() {
  return {[](const http_server::link_ptr& link, const net::http_request& x) {
            link->session->respond(text_answer(std::string{x.method()} + " "
                                               + std::string{x.target()} + " "
                                               + std::string{x.body()}));
          },
          {}};
}

std::string repeated(std::string_view text, std::size_t times) {
  std::string out;
  while (times-- > 0)
    out += text;
  return out;
}

} // namespace

// -- requests -----------------------------------------------------------------

TEST_CASE("a request reaches the owner with all its parts") {
  inbox<std::string> seen;
  http_server server{
      {[&seen](const http_server::link_ptr& link, const net::http_request& x) {
         for (auto name : {"X-Test", "x-test", "X-TEST", "none"})
           seen.push(std::string{x.header(name)});
         seen.push(x.peer_ip());
         seen.push(x.is_websocket_upgrade() ? "yes" : "no");
         link->session->respond(text_answer({}));
       },
       {}}};
  http_peer peer{server.port()};
  peer.post("/a/b?c=d%20e", "body", "x-TeSt: value\r\n");
  CHECK(peer.read_answer().status == 200);
  for (auto i = 0; i < 3; ++i)
    CHECK(seen.take() == "value");
  CHECK(seen.take().empty());
  CHECK(seen.take() == "127.0.0.1");
  CHECK(seen.take() == "no");
  auto request = server.requests.take();
  CHECK(request.method == "POST");
  CHECK(request.target == "/a/b?c=d%20e");
  CHECK(request.body == "body");
}

TEST_CASE("a whole URL is taken for its path, as proxies are asked") {
  http_server server{answering("x")};
  http_peer peer{server.port()};
  for (auto [url, path] :
       {std::pair{"http://h:80/a?b=c", "/a?b=c"}, std::pair{"HTTPS://h/", "/"},
        std::pair{"http://h", "/"},
        std::pair{"http://h?y=/control/agents", "?y=/control/agents"},
        std::pair{"http://[::1]:80?", "?"}}) {
    peer.get(url);
    CHECK(peer.read_answer().status == 200);
    CHECK(server.requests.take().target == path);
  }
}

TEST_CASE("a request may come byte by byte") {
  http_server server{mirror()};
  http_peer peer{server.port()};
  for (char c : std::string{"POST /x HTTP/1.1\r\nHost: t\r\n"
                            "Content-Length: 3\r\n\r\nabc"})
    peer.write(std::string{c});
  CHECK(peer.read_answer().body == "POST /x abc");
}

TEST_CASE("a request's body may come in chunks") {
  http_server server{mirror()};
  http_peer peer{server.port()};
  peer.write("POST / HTTP/1.1\r\nHost: t\r\nTransfer-Encoding: chunked\r\n\r\n"
             "3\r\nabc\r\n1;ext=1\r\nd\r\n0\r\nTrailer: x\r\n\r\n");
  CHECK(peer.read_answer().body == "POST / abcd");
}

TEST_CASE("trailers and what stands behind a chunk's size change nothing") {
  http_server server{
      {[](const http_server::link_ptr& link, const net::http_request& x) {
         std::string seen;
         for (auto name :
              {"authorization", "x-forwarded-for", "origin", "host"})
           seen += x.header_list(name) + "|";
         link->session->respond(text_answer(seen + std::string{x.body()}));
       },
       {}}};
  http_peer peer{server.port()};
  for (auto i = 0; i < 2; ++i) {
    peer.write("POST / HTTP/1.1\r\nHost: t\r\nX-Forwarded-For: 1.1.1.1\r\n"
               "Transfer-Encoding: chunked\r\n\r\n"
               "1;Origin=x\r\nb\r\n0;Host=y\r\nX-Forwarded-For: 2.2.2.2\r\n"
               "Authorization: Bearer x\r\nOrigin: http://x\r\nHost: y\r\n"
               "Connection: close\r\n\r\n");
    auto answer = peer.read_answer();
    CHECK(answer.body == "|1.1.1.1||t|b");
    CHECK(answer.keep_alive);
  }
}

TEST_CASE("one empty line before a request is skipped, and no more") {
  http_server server{mirror()};
  http_peer peer{server.port()};
  const std::string get = "GET /x HTTP/1.1\r\nHost: t\r\n\r\n";
  for (const auto& text : {"\r\n" + get, get + "\r\n", get}) {
    peer.write(text);
    CHECK(peer.read_answer().body == "GET /x ");
  }
  peer.write("\r");
  peer.write("\n");
  peer.write(get);
  CHECK(peer.read_answer().body == "GET /x ");
  peer.write("\r\n\r\n" + get);
  CHECK(peer.read_answer().status == 400);
}

TEST_CASE("an empty line is no request that has begun") {
  net::http_options quick;
  quick.request_timeout = std::chrono::milliseconds{50};
  http_server server{mirror(), quick};
  http_peer peer{server.port()};
  peer.write("\r\n");
  CHECK(peer.at_end());
}

TEST_CASE("HTTP 1.0 is not told to go on, because it has no such answer") {
  http_server server{mirror()};
  http_peer peer{server.port()};
  peer.write("POST /x HTTP/1.0\r\nContent-Length: 3\r\n"
             "Expect: 100-continue\r\n\r\n");
  peer.write("abc");
  CHECK(peer.read_answer().body == "POST /x abc");
}

TEST_CASE("HTTP 1.0 needs no Host") {
  http_server server{mirror()};
  http_peer peer{server.port()};
  peer.write("GET /x HTTP/1.0\r\n\r\n");
  CHECK(peer.read_answer().body == "GET /x ");
}

TEST_CASE("OPTIONS may ask about the server as a whole") {
  http_server server{mirror()};
  http_peer peer{server.port()};
  peer.write("OPTIONS * HTTP/1.1\r\nHost: t\r\n\r\n");
  CHECK(peer.read_answer().body == "OPTIONS * ");
}

TEST_CASE("a refused HEAD is answered without a body") {
  http_server server{mirror()};
  http_peer peer{server.port()};
  peer.write("HEAD / HTTP/1.1\r\n\r\n");
  auto head = peer.read_until("\r\n\r\n");
  CHECK(head.starts_with("HTTP/1.1 400 "));
  CHECK(peer.at_end());
}

TEST_CASE("a method nobody knows is the owner's business") {
  http_server server{mirror()};
  http_peer peer{server.port()};
  peer.write("BREW /pot HTTP/1.1\r\nHost: t\r\n\r\n");
  CHECK(peer.read_answer().body == "BREW /pot ");
}

TEST_CASE("a client that asks first is told to go on") {
  http_server server{mirror()};
  http_peer peer{server.port()};
  peer.write("POST /x HTTP/1.1\r\nHost: t\r\nContent-Length: 3\r\n"
             "Expect: 100-continue\r\n\r\n");
  CHECK(peer.read_until("\r\n\r\n") == "HTTP/1.1 100 Continue\r\n\r\n");
  CHECK(server.requests.empty());
  peer.write("abc");
  CHECK(peer.read_answer().body == "POST /x abc");
}

TEST_CASE("headers are found and counted in any case, empty ones too") {
  http_server server{
      {[](const http_server::link_ptr& link, const net::http_request& request) {
         link->session->respond(text_answer(
             std::string{request.header("x-auth-token")} + "|"
             + std::to_string(request.header_count("X-Auth-Token")) + "|"
             + std::to_string(request.header_count("x-empty")) + "|"
             + std::to_string(request.header_count("x-auth"))));
       },
       {}}};
  http_peer peer{server.port()};
  peer.write("GET / HTTP/1.1\r\nHost: x\r\nX-AUTH-TOKEN: a\r\nX-Empty:\r\n"
             "x-auth-token: b\r\nX-EMPTY:\r\n\r\n");
  CHECK(peer.read_answer().body == "a|2|2|0");
}

TEST_CASE("headers of one name can be read as one list") {
  http_server server{
      {[](const http_server::link_ptr& link, const net::http_request& request) {
         link->session->respond(
             text_answer(request.header_list("x-forwarded-for") + "|"
                         + request.header_list("x-none")));
       },
       {}}};
  http_peer peer{server.port()};
  peer.write("GET / HTTP/1.1\r\nX-Forwarded-For: 1.1.1.1, 2.2.2.2\r\n"
             "Host: t\r\nx-FORWARDED-for: 3.3.3.3\r\n\r\n");
  CHECK(peer.read_answer().body == "1.1.1.1, 2.2.2.2, 3.3.3.3|");
}

// -- keep-alive and order -----------------------------------------------------

TEST_CASE("one connection serves one request after the other") {
  http_server server{mirror()};
  http_peer peer{server.port()};
  for (auto i = 0; i < 20; ++i) {
    peer.post("/" + std::to_string(i), "b");
    auto answer = peer.read_answer();
    CHECK(answer.keep_alive);
    CHECK(answer.version == 11);
    CHECK(answer.body == "POST /" + std::to_string(i) + " b");
  }
  CHECK(server.sessions.size() == 1);
  CHECK(server.ends.empty());
}

TEST_CASE("requests that come at once are answered in order") {
  http_server server{mirror()};
  http_peer peer{server.port()};
  std::string all;
  for (auto i = 0; i < 200; ++i)
    all += "POST /" + std::to_string(i)
           + " HTTP/1.1\r\nHost: t\r\nContent-Length: 1\r\n\r\n"
           + std::to_string(i % 10);
  peer.write(all);
  for (auto i = 0; i < 200; ++i)
    REQUIRE(peer.read_answer().body
            == "POST /" + std::to_string(i) + " " + std::to_string(i % 10));
}

TEST_CASE("the next request waits until the one before is answered") {
  http_server server;
  http_peer peer{server.port()};
  auto session = server.sessions.take();
  peer.write("GET /1 HTTP/1.1\r\nHost: t\r\n\r\n"
             "GET /2 HTTP/1.1\r\nHost: t\r\n\r\n");
  CHECK(server.requests.take().target == "/1");
  // Whatever the session had read it has handled when this is done.
  session([](net::http_session&) {});
  CHECK(server.requests.empty());
  session([](net::http_session& x) { x.respond(text_answer("one")); });
  CHECK(server.requests.take().target == "/2");
  session([](net::http_session& x) { x.respond(text_answer("two")); });
  CHECK(peer.read_answer().body == "one");
  CHECK(peer.read_answer().body == "two");
}

TEST_CASE("a client that wants to leave is let go after its answer") {
  http_server server{mirror()};
  http_peer peer{server.port()};
  peer.get("/x", "Connection: close\r\n");
  auto answer = peer.read_answer();
  CHECK(answer.body == "GET /x ");
  CHECK(answer.headers["connection"] == "close");
  CHECK(peer.at_end());
  peer.close();
  CHECK(server.ends.take().reason == errc::peer_closed);
}

TEST_CASE("HTTP 1.0 closes unless asked to stay") {
  http_server server{mirror()};
  http_peer leaving{server.port()};
  leaving.write("GET /x HTTP/1.0\r\n\r\n");
  auto answer = leaving.read_answer();
  CHECK(answer.version == 10);
  CHECK(answer.body == "GET /x ");
  CHECK(leaving.at_end());

  http_peer staying{server.port()};
  for (auto i = 0; i < 2; ++i) {
    staying.write("GET /y HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
    answer = staying.read_answer();
    CHECK(answer.headers["connection"] == "keep-alive");
    CHECK(answer.body == "GET /y ");
  }
}

// -- answers ------------------------------------------------------------------

TEST_CASE("the answer to HEAD leaves the connection in step") {
  http_server server{mirror()};
  http_peer peer{server.port()};
  peer.write("HEAD /x HTTP/1.1\r\nHost: t\r\n\r\n");
  auto answer = peer.read_answer(true);
  CHECK(answer.status == 200);
  CHECK(answer.headers["content-length"] == "8");
  CHECK(answer.body.empty());
  peer.get("/y");
  CHECK(peer.read_answer().body == "GET /y ");
}

TEST_CASE("an answer carries its status and headers") {
  http_server server{
      {[](const http_server::link_ptr& link, const net::http_request&) {
         auto answer = text_answer("gone");
         answer.status = 410;
         answer.headers = {{"x-a", "1"}, {"x-b", "2"}};
         link->session->respond(std::move(answer));
       },
       {}}};
  http_peer peer{server.port()};
  peer.get("/");
  auto answer = peer.read_answer();
  CHECK(answer.status == 410);
  CHECK(answer.reason == "Gone");
  CHECK(answer.headers["content-type"] == "text/plain");
  CHECK(answer.headers["x-a"] == "1");
  CHECK(answer.headers["x-b"] == "2");
  CHECK(answer.body == "gone");
}

TEST_CASE("an answer may be the last one of its connection") {
  http_server server{
      {[](const http_server::link_ptr& link, const net::http_request&) {
         auto answer = text_answer("go");
         answer.is_last = true;
         link->session->respond(std::move(answer));
       },
       {}}};
  http_peer peer{server.port()};
  peer.get("/");
  auto answer = peer.read_answer();
  CHECK(answer.body == "go");
  CHECK(answer.headers["connection"] == "close");
  CHECK(peer.at_end());
}

TEST_CASE("an answer larger than every buffer arrives whole") {
  auto text = repeated("0123456789abcdef", 1'000'000);
  http_server server{
      {[&text](const http_server::link_ptr& link, const net::http_request&) {
         link->session->respond(text_answer(text));
       },
       {}}};
  http_peer peer{server.port(), 4096};
  peer.get("/");
  CHECK(peer.read_answer().body == text);
}

TEST_CASE("an answer may come long after its request and from elsewhere") {
  http_server server;
  http_peer peer{server.port()};
  peer.get("/slow");
  auto session = server.sessions.take();
  server.requests.take();
  session([](net::http_session& x) { x.respond(text_answer("at last")); });
  CHECK(peer.read_answer().body == "at last");
}

TEST_CASE("an answer to nothing is ignored") {
  http_server server{mirror()};
  http_peer peer{server.port()};
  auto session = server.sessions.take();
  session([](net::http_session& x) {
    x.respond(text_answer("nobody asked"));
    x.begin_stream({});
    CHECK(x.write_stream("nobody asked"));
  });
  peer.get("/x");
  CHECK(peer.read_answer().body == "GET /x ");
}
