#pragma once

#include "app/client/client_options.hpp"
#include "app/client/control_messages.hpp"
#include "app/client/exit_code.hpp"
#include "net/websocket_client.hpp"

#include <functional>
#include <string>
#include <string_view>

namespace bridgekeeper::app {

/// Why there is no connection to the daemon, or none any longer.
struct control_loss {
  exit_code code = exit_code::unreachable;
  /// What happened, to what, and what to do next.
  std::string sentence;
  /// How long the daemon wants to be left alone, where it said so.
  std::optional<std::chrono::seconds> retry_after;
};

/// Says what the end of a connection to /ws/control at `server` means.
[[nodiscard]] control_loss explain(const net::websocket_end& end,
                                   const std::string& server);

/// One connection to a daemon's /ws/control. Runs on the thread of its
/// `io_context`; the handlers may destroy it.
class control_client {
public:
  struct handlers {
    /// Requests may be sent from here on.
    std::function<void()> on_open;
    /// An answer, and the frame it was read from.
    std::function<void(control_answer, std::string_view)> on_answer;
    /// Called once, whatever the end.
    std::function<void(const control_loss&)> on_loss;
  };

  control_client(boost::asio::io_context& context, const server_access& access,
                 handlers callbacks);

  void start() {
    socket_.start();
  }

  /// Sends what `encode_request` wrote.
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
