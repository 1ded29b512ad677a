#include "support/http_server.hpp"

#include <utility>

namespace bridgekeeper::test {

namespace {

net::listener_options loopback_with(net::http_options http) {
  auto out = loopback();
  out.http = http;
  return out;
}

} // namespace

class http_server::owner : public net::http_owner {
public:
  owner(http_server& server, link_ptr link)
    : server_(server), link_(std::move(link)) {}

  void on_request(const net::http_request& x) override {
    server_.requests.push({std::string{x.method()}, std::string{x.target()},
                           std::string{x.body()}, link_->home->index()});
    if (server_.script_.on_request)
      server_.script_.on_request(link_, x);
  }

  [[nodiscard]] bool wants_body(const net::http_request& x) override {
    return !server_.script_.wants_body || server_.script_.wants_body(x);
  }

  void decorate(const net::http_request& x,
                net::http_response& answer) override {
    if (server_.script_.decorate)
      server_.script_.decorate(x, answer);
  }

  void on_writable() override {
    if (server_.script_.on_writable)
      server_.script_.on_writable(*link_->session);
    server_.room.push("writable");
  }

  void on_end(const net::session_end& end) override {
    link_->session.reset();
    server_.ends.push(end);
  }

private:
  http_server& server_;
  link_ptr link_;
};

http_server::http_server(script what, net::http_options options,
                         std::size_t threads)
  : http_server(std::move(what), loopback_with(options), threads) {}

http_server::http_server(script what, net::listener_options options,
                         std::size_t threads)
  : script_(std::move(what)), threads_(threads) {
  listener_ = std::make_unique<net::listener>(
      threads_.pointers(), std::move(options),
      [this](net::io_thread& home, std::shared_ptr<net::http_session> http) {
        welcome(home, std::move(http));
      });
  listener_->open();
  threads_.start();
}

http_server::~http_server() {
  call_on(threads_[0], [this] { listener_->close(); });
  // Who is on the way in is in after this.
  for (std::size_t i = 0; i < threads_.size(); ++i)
    call_on(threads_[i], [] {});
  for (const auto& link : links_)
    call_on(*link->home, [link] {
      if (auto session = std::exchange(link->session, nullptr))
        session->abandon();
    });
  threads_.stop();
}

std::uint16_t http_server::port(std::size_t door) const {
  return listener_->bound().at(door).port;
}

void http_server::welcome(net::io_thread& home,
                          std::shared_ptr<net::http_session> http) {
  auto link = std::make_shared<session_link<net::http_session>>(
      session_link<net::http_session>{&home, http});
  {
    std::lock_guard guard{mutex_};
    links_.push_back(link);
  }
  http->start(std::make_unique<owner>(*this, link));
  sessions.push(remote{link});
}

net::http_response text_answer(std::string body) {
  net::http_response out;
  out.content_type = "text/plain";
  out.body = std::move(body);
  return out;
}

http_server::script answering(std::string text) {
  return {[text](const http_server::link_ptr& link, const net::http_request&) {
            link->session->respond(text_answer(text));
          },
          {}};
}

net::listener_options loopback(std::size_t ports) {
  net::listener_options out;
  out.endpoints.assign(ports, {"127.0.0.1", 0});
  return out;
}

} // namespace bridgekeeper::test
