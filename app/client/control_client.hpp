#pragma once

#include "app/client/client_options.hpp"
#include "app/client/control_messages.hpp"
#include "app/client/exit_code.hpp"
#include "net/websocket_client.hpp"

#include <functional>
#include <string>
#include <string_view>

namespace bridgekeeper::app {

/// Why the connection to the daemon failed or ended.
struct control_loss {
  exit_code code = exit_code::unreachable;
  /// What happened, to what, and what to do next.
  std::string sentence;
  /// How long to wait before the next attempt, if the daemon said so.
  std::optional<std::chrono::seconds> retry_after;
};

/// Explains the end of a connection to /ws/control at `server`.
[[nodiscard]] control_loss explain(const net::websocket_end& end,
                                   const std::string& server);

/// One connection to a daemon's /ws/control. Runs on the thread of its
/// `io_context`; the handlers may destroy it.
class control_client {
public:
  struct handlers {
    /// Requests may be sent from now on.
    std::function<void()> on_open;
    /// Gets each answer and the frame that contained it.
    std::function<void(control_answer, std::string_view)> on_answer;
    /// Called exactly once, for any kind of end.
    std::function<void(const control_loss&)> on_loss;
  };

  control_client(boost::asio::io_context& context, const server_access& access,
                 handlers callbacks);

  void start() {
    socket_.start();
  }

  /// Sends a frame made by `encode_request`. Returns false if the connection is
  /// closed or its queue is full.
  bool send(std::string request) {
    return socket_.send(std::move(request));
  }

  void close() {
    socket_.close(1000);
  }

private:
  net::websocket_client socket_;
};

} // namespace bridgekeeper::app
