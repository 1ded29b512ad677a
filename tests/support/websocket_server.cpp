#include "support/websocket_server.hpp"

#include <utility>

namespace bridgekeeper::test {

class websocket_server::owner : public net::websocket_owner {
public:
  owner(websocket_server& server, link_ptr link)
    : server_(server), link_(std::move(link)) {}

  void on_frame(std::string_view payload, bool binary) override {
    if (server_.script_.on_frame)
      server_.script_.on_frame(*link_->session, payload);
    server_.frames.push({std::string{payload}, binary});
  }

  void on_room() override {
    server_.room.push("room");
  }

  void on_end(const net::session_end& end) override {
    link_->session.reset();
    server_.ends.push(end);
  }

private:
  websocket_server& server_;
  link_ptr link_;
};

websocket_server::websocket_server(net::websocket_options options, script what,
                                   net::listener_options door)
  : options_(options), script_(std::move(what)),
    http_(
        http_server::script{[this](const http_server::link_ptr& http,
                                   const net::http_request&) { upgrade(http); },
                            {}},
        std::move(door), 1) {}

websocket_server::~websocket_server() {
  call_on(thread(), [this] {
    for (const auto& link : links_)
      if (auto session = std::exchange(link->session, nullptr))
        session->abandon(protocol::make_close_reason(errc::draining),
                         errc::draining);
  });
}

void websocket_server::upgrade(const http_server::link_ptr& http) {
  auto session = std::exchange(http->session, nullptr)->upgrade(options_);
  auto link = std::make_shared<session_link<net::websocket_session>>(
      session_link<net::websocket_session>{http->home, session});
  links_.push_back(link);
  session->start(std::make_unique<owner>(*this, link));
  if (script_.on_start)
    script_.on_start(*session);
  sessions.push(remote{link});
}

websocket_server::script echo() {
  return {{}, [](net::websocket_session& session, std::string_view payload) {
            session.send(std::string{payload});
          }};
}

} // namespace bridgekeeper::test
