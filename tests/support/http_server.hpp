#pragma once

#include "net/server/listener.hpp"
#include "support/inbox.hpp"
#include "support/io_threads.hpp"
#include "support/remote.hpp"

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace bridgekeeper::test {

/// A listener whose HTTP sessions do what the test tells them to. Speaks over
/// real sockets, on a port the kernel gives out.
class http_server {
public:
  using link_ptr = std::shared_ptr<session_link<net::http_session>>;

  /// Called on the session's thread.
  struct script {
    /// By default requests stay unanswered and go into `requests`.
    std::function<void(const link_ptr&, const net::http_request&)> on_request;
    std::function<void(net::http_session&)> on_writable;
    /// By default bodies are wanted, and nothing is added.
    std::function<bool(const net::http_request&)> wants_body;
    std::function<void(const net::http_request&, net::http_response&)> decorate;
  };

  /// What was asked, in its own memory.
  struct request {
    std::string method;
    std::string target;
    std::string body;
    std::size_t thread = 0;
  };

  http_server() : http_server(script{}) {}

  explicit http_server(script what, net::http_options options = {},
                       std::size_t threads = 1);

  http_server(script what, net::listener_options options, std::size_t threads);

  /// Ends every session and the threads.
  ~http_server();

  [[nodiscard]] std::uint16_t port(std::size_t door = 0) const;

  [[nodiscard]] io_threads& threads() noexcept {
    return threads_;
  }

  [[nodiscard]] net::listener& door() noexcept {
    return *listener_;
  }

  // -- what happened, for the test to wait for --------------------------------

  inbox<remote<net::http_session>> sessions;
  inbox<request> requests;
  inbox<net::session_end> ends;
  /// Calls of `on_writable`.
  inbox<std::string> room;

private:
  class owner;

  void welcome(net::io_thread& home, std::shared_ptr<net::http_session> http);

  script script_;
  io_threads threads_;
  std::unique_ptr<net::listener> listener_;
  std::mutex mutex_;
  std::vector<link_ptr> links_;
};

/// An answer of plain text.
[[nodiscard]] net::http_response text_answer(std::string body);

/// Answers every request with this text.
[[nodiscard]] http_server::script answering(std::string text);

/// One address of the loopback interface, `ports` times, each on its own port.
[[nodiscard]] net::listener_options loopback(std::size_t ports = 1);

} // namespace bridgekeeper::test
