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
#include <optional>
#include <string>
#include <string_view>

namespace bridgekeeper::app {

/// Where a bridge connects and how it registers.
struct bridge_link_options {
  server_access access;
  /// Must contain the same token as `access`, and the terms of protocol 1.1.
  registration announcement;
  std::chrono::milliseconds heartbeat = std::chrono::seconds{30};
};

/// The link of a bridge to the daemon. Registers after connecting, and
/// reconnects whenever the connection ends, until it is stopped or the server
/// rejects the bridge for good. Logs lost and reestablished connections;
/// `failed_attempts` decides which failures in between are logged. Runs on the
/// thread of its `io_context`.
class bridge_link {
public:
  struct handlers {
    /// Called before each registration: fills in what the bridge still has.
    std::function<void(registration_terms&)> on_registering;
    std::function<void(const registered&)> on_registered;
    std::function<void(dispatch)> on_dispatch;
    /// Only on a 1.1 link.
    std::function<void(const cancel_request&)> on_cancel;
    std::function<void(const response_ack&)> on_ack;
    /// All frames accepted by `send` have been written.
    std::function<void()> on_drained;
    /// A registered connection ended. The link will reconnect.
    std::function<void()> on_lost;
    /// The link will not reconnect. Called once, after all other handlers.
    std::function<void(exit_code)> on_over;
  };

  bridge_link(boost::asio::io_context& context, bridge_link_options options,
              handlers callbacks);

  void start();

  /// Sends the queued frames, closes the connection and calls `on_over`. The
  /// close code is 1000 if the bridge has nothing left that the daemon should
  /// wait for, otherwise 1001.
  void stop(bool has_finished);

  /// Queues a frame. Returns false and drops the frame if there is no
  /// registered connection or if its queue is full.
  bool send(std::string frame);

  [[nodiscard]] std::size_t queued_bytes() const noexcept;

  [[nodiscard]] bool is_registered() const noexcept {
    return registered_;
  }

  /// The version that this link, or the last one, was registered with.
  [[nodiscard]] bridge_protocol protocol() const noexcept {
    return terms_ ? bridge_protocol::v1_1 : bridge_protocol::v1_0;
  }

private:
  void connect();
  void on_open();
  void on_text(std::string_view frame);
  void on_message(const registered& x);
  void on_message(dispatch& x);
  void on_message(const cancel_request& x);
  void on_message(const response_ack& x);
  void on_message(const goaway_notice& x);
  // Ignored: what only bridges send, and the echo of a heartbeat.
  template <class Message>
  void on_message(const Message& /*x*/) noexcept {}
  void on_end(const net::websocket_end& end);
  void on_silence();
  void reconnect(std::string_view why,
                 std::optional<std::chrono::seconds> stay_away);
  [[nodiscard]] std::chrono::milliseconds
  next_wait(std::optional<std::chrono::seconds> stay_away);
  void beat();

  boost::asio::io_context& context_;
  bridge_link_options options_;
  handlers handlers_;
  backoff backoff_;
  failed_attempts failures_;
  std::unique_ptr<net::websocket_client> client_;
  /// The timer for the next attempt to connect, the registration timeout, or
  /// the next heartbeat, depending on the state of the link.
  boost::asio::steady_timer timer_;
  /// What the daemon answered to the last registration; nothing if it speaks
  /// 1.0.
  std::optional<registered_terms> terms_;
  /// What was wrong with the first answer to the registration, if anything.
  std::string problem_;
  /// How long to stay away after this connection, if the daemon has said so.
  std::optional<std::chrono::milliseconds> away_for_;
  bool registered_ = false;
  /// Whether this or an earlier connection has ever been registered.
  bool was_registered_ = false;
  bool stopping_ = false;
};

} // namespace bridgekeeper::app
