#include "support/http_peer.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>

#include <algorithm>
#include <stdexcept>

namespace bridgekeeper::test {

namespace http = boost::beast::http;

namespace {

std::string lower(std::string_view text) {
  std::string out{text};
  std::transform(out.begin(), out.end(), out.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  });
  return out;
}

} // namespace

void http_peer::get(std::string_view target, std::string_view more_headers) {
  write("GET " + std::string{target} + " HTTP/1.1\r\nHost: test\r\n"
        + std::string{more_headers} + "\r\n");
}

void http_peer::post(std::string_view target, std::string_view body,
                     std::string_view more_headers) {
  write("POST " + std::string{target} + " HTTP/1.1\r\nHost: test\r\n"
        + "Content-Length: " + std::to_string(body.size()) + "\r\n"
        + std::string{more_headers} + "\r\n" + std::string{body});
}

std::string http_peer::upgrade(std::string_view more_headers) {
  get("/ws", "Upgrade: websocket\r\nConnection: Upgrade\r\n"
             "Sec-WebSocket-Version: 13\r\n"
             "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
                 + std::string{more_headers});
  return read_until("\r\n\r\n");
}

http_answer http_peer::read_answer(bool to_head) {
  http::response_parser<http::string_body> parser;
  parser.body_limit(boost::none);
  parser.eager(true);
  parser.skip(to_head);
  while (!parser.is_done()) {
    boost::system::error_code error;
    auto used = parser.put(boost::asio::buffer(buffer_), error);
    buffer_.erase(0, used);
    if (error && error != http::error::need_more)
      throw std::runtime_error("not HTTP: " + error.message());
    if (parser.is_done())
      break;
    if (!read_more()) {
      parser.put_eof(error);
      if (error)
        throw std::runtime_error("the answer ends early: " + error.message());
    }
  }
  const auto& message = parser.get();
  http_answer out;
  out.status = message.result_int();
  out.reason = std::string{message.reason()};
  out.version = message.version();
  out.keep_alive = message.keep_alive();
  for (const auto& field : message)
    out.headers[lower(field.name_string())] = std::string{field.value()};
  out.body = message.body();
  return out;
}

} // namespace bridgekeeper::test
