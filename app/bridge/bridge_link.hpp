#pragma once

#include "app/bridge/failed_attempts.hpp"
#include "app/client/backoff.hpp"
#include "app/client/client_options.hpp"
#include "app/client/exit_code.hpp"
#include "domain/messages.hpp"
#include "net/websocket_client.hpp"

#include <boost/asio/steady_timer.hpp>

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

namespace bridgekeeper::app {

/// Whom a bridge registers as, and where.
struct bridge_link_options {
  server_access access;
  /// Its token is the one of `access`.
  registration announcement;
  std::chrono::milliseconds heartbeat = std::chrono::seconds{30};
};

/// A bridge's registered connection, made again whenever it ends, until it is
/// stopped or the server says not to come back. Logs when the connection is
/// lost and made again, and attempts in between as `failed_attempts` says. Runs
/// on the thread of its `io_context`.
class bridge_link {
public:
  struct handlers {
    std::function<void()> on_registered;
    std::function<void(dispatch)> on_dispatch;
    /// All frames taken by `send` have been written.
    std::function<void()> on_drained;
    /// A registered connection ended; another will be made.
    std::function<void()> on_lost;
    /// There will be no other connection. Called once, the last call.
    std::function<void(exit_code)> on_over;
  };

  bridge_link(boost::asio::io_context& context, bridge_link_options options,
              handlers callbacks);

  void start();

  /// Sends what is queued, closes with 1000 and calls `on_over`.
  void stop();

  /// Queues a frame. Returns false, and drops it, while there is no registered
  /// connection or its queue is full.
  bool send(std::string frame);

  [[nodiscard]] std::size_t queued_bytes() const noexcept;

private:
  void connect();
  void on_open();
  void on_text(std::string_view frame);
  void on_registration(const registered& x);
  void on_end(const net::websocket_end& end);
  void on_silence();
  void reconnect(std::string_view why,
                 std::optional<std::chrono::seconds> stay_away);
  void beat();

  boost::asio::io_context& context_;
  bridge_link_options options_;
  handlers handlers_;
  backoff backoff_;
  failed_attempts failures_;
  std::unique_ptr<net::websocket_client> client_;
  /// Until the next attempt, the end of the registration, or the next beat.
  boost::asio::steady_timer timer_;
  bool registered_ = false;
  /// At any time, by this or an earlier connection.
  bool was_registered_ = false;
  bool stopping_ = false;
};

} // namespace bridgekeeper::app
