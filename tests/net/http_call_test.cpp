#include "net/http_call.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/write.hpp>
#include <doctest/doctest.h>

#include <string>
#include <thread>

using namespace bridgekeeper;
using namespace bridgekeeper::net;

namespace {

namespace asio = boost::asio;
using asio::ip::tcp;

/// Serves one connection: reads the head of a request and `body` bytes, then
/// sends a text and keeps the connection until the client has closed it, or
/// closes it at once if the text is empty.
class one_answer {
public:
  explicit one_answer(std::string answer, std::size_t body = 0)
    : thread_([this, answer, body] { serve(answer, body); }) {}

  ~one_answer() {
    if (thread_.joinable())
      thread_.join();
  }

  one_answer(const one_answer&) = delete;
  one_answer& operator=(const one_answer&) = delete;

  [[nodiscard]] http_call_options options() const {
    http_call_options out;
    out.server = {"127.0.0.1", acceptor_.local_endpoint().port()};
    return out;
  }

  /// What the client has sent. Waits for the end of the connection.
  [[nodiscard]] const std::string& request() {
    thread_.join();
    return request_;
  }

private:
  void serve(const std::string& answer, std::size_t body) {
    boost::system::error_code ec;
    tcp::socket peer{context_};
    acceptor_.accept(peer, ec);
    auto head =
        asio::read_until(peer, asio::dynamic_buffer(request_), "\r\n\r\n", ec);
    if (request_.size() < head + body)
      asio::read(peer, asio::dynamic_buffer(request_),
                 asio::transfer_exactly(head + body - request_.size()), ec);
    if (answer.empty())
      return;
    asio::write(peer, asio::buffer(answer), ec);
    std::string rest;
    asio::read(peer, asio::dynamic_buffer(rest), ec);
  }

  asio::io_context context_;
  tcp::acceptor acceptor_{context_, tcp::endpoint{tcp::v4(), 0}};
  std::string request_;
  std::thread thread_;
};

} // namespace

TEST_CASE("a call sends its request and returns status and body") {
  one_answer server{
      "HTTP/1.1 409 Conflict\r\nContent-Length: 8\r\n\r\n{\"a\":1}\n", 9};
  auto options = server.options();
  options.target = "/control/x";
  options.authorization = "Bearer secret";
  options.body = R"({"b":"c"})";
  auto reply = post_json(options);
  CHECK(reply.status == 409);
  CHECK(reply.text == "{\"a\":1}\n");
  CHECK_FALSE(reply.untrusted);
  const auto& request = server.request();
  CHECK(request.starts_with("POST /control/x HTTP/1.1\r\n"));
  CHECK(request.find("\r\nAuthorization: Bearer secret\r\n")
        != std::string::npos);
  CHECK(request.find("\r\nContent-Type: application/json\r\n")
        != std::string::npos);
  CHECK(request.ends_with("\r\n\r\n" + options.body));
}

TEST_CASE("a call that only asks has no body") {
  one_answer server{"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"};
  auto options = server.options();
  options.target = "/control/x?a=b";
  options.body = "ignored";
  CHECK(get_json(options).text == "{}");
  const auto& request = server.request();
  CHECK(request.starts_with("GET /control/x?a=b HTTP/1.1\r\n"));
  CHECK(request.find("Content-") == std::string::npos);
  CHECK(request.ends_with("\r\n\r\n"));
}

TEST_CASE("a call without a response says why") {
  {
    one_answer server{""};
    auto reply = post_json(server.options());
    CHECK(reply.status == 0);
    CHECK(reply.text == "the connection was cut off");
  }
  http_call_options options;
  options.server = {"127.0.0.1", 1};
  auto reply = post_json(options);
  CHECK(reply.status == 0);
  CHECK(reply.text == "Connection refused");
  options.server = {{}, 0, "/nonexistent/socket"};
  CHECK(post_json(options).text == "No such file or directory");
}

TEST_CASE("a call waits for the response no longer than it may") {
  one_answer server{"HTTP/1.1 200 OK\r\n"};
  auto options = server.options();
  options.response_timeout = std::chrono::milliseconds{50};
  auto reply = post_json(options);
  CHECK(reply.status == 0);
  CHECK(reply.text == "the server did not respond in time");
}

TEST_CASE("a response to a call may come before all of the request was read") {
  one_answer server{"HTTP/1.1 413 Too Large\r\nContent-Length: 0\r\n\r\n"};
  auto options = server.options();
  options.body = std::string(std::size_t{1} << 20, ' ');
  CHECK(post_json(options).status == 413);
}

TEST_CASE("a response to a call is limited in size") {
  one_answer server{"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n"
                    + std::string(99, ' ')};
  auto options = server.options();
  options.max_response_bytes = 98;
  CHECK(post_json(options).status == 0);
}

// -- through a proxy ----------------------------------------------------------

namespace {

/// A call of a TLS server that can only be reached through `proxy`.
http_call_options through(const one_answer& proxy) {
  http_call_options out;
  out.server = {"keeper.example.com", 443};
  out.tls.emplace();
  out.tls->proxy = client_proxy{proxy.options().server, "Basic eDp5"};
  return out;
}

} // namespace

TEST_CASE("a proxy is asked for a tunnel to the server") {
  one_answer proxy{"HTTP/1.1 502 Bad Gateway\r\ncontent-length: 0\r\n\r\n"};
  auto reply = get_json(through(proxy));
  CHECK(reply.status == 0);
  CHECK_FALSE(reply.untrusted);
  CHECK(reply.text == "the proxy refused the connection (HTTP 502)");
  CHECK(proxy.request()
        == "CONNECT keeper.example.com:443 HTTP/1.1\r\n"
           "Host: keeper.example.com:443\r\n"
           "User-Agent: bridgekeeper\r\n"
           "Proxy-Authorization: Basic eDp5\r\n\r\n");
}

TEST_CASE("a proxy that wants a password says how to give one") {
  one_answer proxy{"HTTP/1.1 407 Who are you\r\n\r\n"};
  auto reply = get_json(through(proxy));
  CHECK(reply.text.find("HTTPS_PROXY=http://NAME:PASSWORD@HOST:PORT")
        != std::string::npos);
}

TEST_CASE("a proxy that cannot be reached is named") {
  http_call_options options;
  options.server = {"keeper.example.com", 443};
  options.tls.emplace();
  // Port 1 of this host, where nothing listens.
  options.tls->proxy = client_proxy{{"127.0.0.1", 1}, {}};
  CHECK(get_json(std::move(options)).text
        == "the proxy 127.0.0.1:1: Connection refused");
}
