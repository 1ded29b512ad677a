#include "net/http_text.hpp"

#include <doctest/doctest.h>

#include <string>
#include <string_view>

using namespace bridgekeeper;
using net::http_response;
using net::refusal_text;
using net::response_text;
using net::stream_head_text;

namespace {

http_response hello() {
  http_response out;
  out.body = R"({"a":1})";
  return out;
}

/// `text` with "(fixed)" for the headers that every answer has, where they are
/// as they should be. Dates are 29 characters.
std::string shown(std::string text) {
  constexpr std::string_view begin = "date: ";
  constexpr std::string_view others =
      "\r\ncache-control: no-store"
      "\r\ncontent-security-policy: default-src 'none'; "
      "frame-ancestors 'none'"
      "\r\nx-content-type-options: nosniff\r\n";
  auto place = text.find(begin);
  if (place != std::string::npos
      && text.find(" GMT\r\n", place) == place + begin.size() + 25
      && text.find(others, place) == place + begin.size() + 29)
    text.replace(place, begin.size() + 29 + others.size(), "(fixed)\r\n");
  return text;
}

} // namespace

TEST_CASE("an answer is written with its length") {
  CHECK(shown(response_text(hello(), 11, true, false))
        == "HTTP/1.1 200 OK\r\n"
           "content-type: application/json\r\n"
           "(fixed)\r\n"
           "content-length: 7\r\n\r\n"
           "{\"a\":1}");
}

TEST_CASE("an answer carries the headers it is given") {
  auto x = hello();
  x.status = 404;
  x.content_type = "text/plain";
  x.headers = {{"allow", "GET"}, {"x-b", ""}};
  CHECK(shown(response_text(x, 11, true, false))
        == "HTTP/1.1 404 Not Found\r\n"
           "content-type: text/plain\r\n"
           "(fixed)\r\n"
           "allow: GET\r\n"
           "x-b: \r\n"
           "content-length: 7\r\n\r\n"
           "{\"a\":1}");
}

TEST_CASE("an answer without a content type has no such header") {
  http_response x;
  x.content_type = {};
  CHECK(shown(response_text(x, 11, true, false))
        == "HTTP/1.1 200 OK\r\n(fixed)\r\n"
           "content-length: 0\r\n\r\n");
}

TEST_CASE("an answer says whether the connection stays") {
  http_response x;
  x.content_type = {};
  CHECK(shown(response_text(x, 11, false, false))
        == "HTTP/1.1 200 OK\r\n(fixed)\r\n"
           "content-length: 0\r\nconnection: close\r\n\r\n");
  CHECK(shown(response_text(x, 10, false, false))
        == "HTTP/1.0 200 OK\r\n(fixed)\r\n"
           "content-length: 0\r\nconnection: close\r\n\r\n");
  CHECK(shown(response_text(x, 10, true, false))
        == "HTTP/1.0 200 OK\r\n(fixed)\r\n"
           "content-length: 0\r\n"
           "connection: keep-alive\r\n\r\n");
}

TEST_CASE("the answer to HEAD has the length but not the body") {
  CHECK(shown(response_text(hello(), 11, true, true))
        == "HTTP/1.1 200 OK\r\n"
           "content-type: application/json\r\n"
           "(fixed)\r\n"
           "content-length: 7\r\n\r\n");
}

TEST_CASE("the head of a stream has no length") {
  http_response x;
  x.content_type = "text/event-stream; charset=utf-8";
  CHECK(shown(stream_head_text(x, true))
        == "HTTP/1.1 200 OK\r\n"
           "content-type: text/event-stream; charset=utf-8\r\n"
           "(fixed)\r\n"
           "transfer-encoding: chunked\r\n\r\n");
  CHECK(shown(stream_head_text(x, false))
        == "HTTP/1.0 200 OK\r\n"
           "content-type: text/event-stream; charset=utf-8\r\n"
           "(fixed)\r\n"
           "connection: close\r\n\r\n");
}

TEST_CASE("the answer to HEAD of a stream does not tell a length") {
  http_response x;
  x.content_type = "text/event-stream";
  x.has_length = false;
  CHECK(shown(response_text(x, 11, true, true))
        == "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n"
           "(fixed)\r\n\r\n");
}

TEST_CASE("an answer that offers an upgrade says so in Connection, too") {
  auto answer = net::refusal({errc::bad_upgrade, "why"});
  CHECK(answer.body
        == R"({"detail":"why","code":"bad_upgrade","retryable":false,)"
           R"("retry_after_s":null})");
  auto head = [&](unsigned version, bool keep_alive) {
    auto text = shown(response_text(answer, version, keep_alive, true));
    return text.substr(text.find("upgrade: "));
  };
  auto offer = std::string{"upgrade: websocket\r\n"
                           "sec-websocket-version: 13\r\n"
                           "content-length: 76\r\n"};
  CHECK(head(11, true) == offer + "connection: upgrade\r\n\r\n");
  CHECK(head(11, false) == offer + "connection: upgrade, close\r\n\r\n");
  CHECK(head(10, true) == offer + "connection: upgrade, keep-alive\r\n\r\n");
}

TEST_CASE("a refusal is answered like any error and ends the connection") {
  CHECK(shown(refusal_text(errc::request_timeout))
        == "HTTP/1.1 408 Request Timeout\r\n"
           "content-type: application/json\r\n"
           "(fixed)\r\n"
           "content-length: 110\r\n"
           "connection: close\r\n\r\n"
           R"({"detail":"The request did not arrive in time",)"
           R"("code":"request_timeout","retryable":true,)"
           R"("retry_after_s":null})");
}

TEST_CASE(
    "no answer may be stored, framed, or taken for something else than it "
    "says it is") {
  for (const auto& text : {response_text(hello(), 11, true, false),
                           stream_head_text(hello(), true),
                           refusal_text(errc::too_many_connections)})
    CHECK(shown(text).find("\r\n(fixed)\r\n") != std::string::npos);
}

TEST_CASE("a response that says how to cache it has one Cache-Control") {
  http_response x = hello();
  x.headers.emplace_back("cache-control", "no-cache");
  auto text = response_text(x, 11, true, false);
  CHECK(text.find("cache-control: no-cache\r\n") != std::string::npos);
  CHECK(text.find("no-store") == std::string::npos);
}

TEST_CASE("a refusal that knows when to come again says so twice") {
  auto answer = net::refusal({errc::rate_limited, {}}, std::chrono::seconds{7});
  CHECK(answer.status == 429);
  CHECK(answer.body.ends_with(R"("retryable":true,"retry_after_s":7})"));
  CHECK(answer.headers.back()
        == std::pair<std::string_view, std::string>{"retry-after", "7"});
}

TEST_CASE("a refusal for now says when to come again") {
  auto text = refusal_text(errc::too_many_connections);
  CHECK(text.ends_with(R"("retryable":true,"retry_after_s":1})"));
  CHECK(text.starts_with("HTTP/1.1 503 Service Unavailable\r\n"));
  CHECK(text.find("\r\nretry-after: 1\r\n") != std::string::npos);
  CHECK(refusal_text(errc::too_large).find("retry-after") == std::string::npos);
}
