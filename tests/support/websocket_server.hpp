#pragma once

#include "net/websocket_session.hpp"
#include "support/http_server.hpp"
#include "support/inbox.hpp"
#include "support/remote.hpp"

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace bridgekeeper::test {

/// A server that upgrades every request to a WebSocket, which then does what
/// the test tells it to.
class websocket_server {
public:
  using link_ptr = std::shared_ptr<session_link<net::websocket_session>>;

  struct frame {
    std::string payload;
    bool binary = false;
  };

  /// Called on the session's thread.
  struct script {
    /// Right after `start`, before the upgrade is answered.
    std::function<void(net::websocket_session&)> on_start;
    std::function<void(net::websocket_session&, std::string_view)> on_frame;
  };

  explicit websocket_server(net::websocket_options options = {},
                            script what = {},
                            net::listener_options door = loopback());

  /// Ends every session and the threads.
  ~websocket_server();

  [[nodiscard]] std::uint16_t port() const {
    return http_.port();
  }

  [[nodiscard]] net::io_thread& thread() {
    return http_.threads()[0];
  }

  [[nodiscard]] net::listener& door() {
    return http_.door();
  }

  [[nodiscard]] const net::connection_ledger& ledger() {
    return *http_.door().ledger();
  }

  // -- what happened, for the test to wait for --------------------------------

  inbox<remote<net::websocket_session>> sessions;
  inbox<frame> frames;
  /// Calls of `on_room`.
  inbox<std::string> room;
  inbox<net::session_end> ends;

private:
  class owner;

  void upgrade(const http_server::link_ptr& http);

  net::websocket_options options_;
  script script_;
  std::vector<link_ptr> links_;
  http_server http_;
};

/// Answers every message with itself.
[[nodiscard]] websocket_server::script echo();

} // namespace bridgekeeper::test
