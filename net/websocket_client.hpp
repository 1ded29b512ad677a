#pragma once

#include "net/client_proxy.hpp"
#include "net/endpoint.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace boost::asio {
class io_context;
} // namespace boost::asio

namespace bridgekeeper::net {

/// How a client verifies the server of a TLS connection, and its own
/// certificate. Paths of PEM files, read for each connection; empty if unset.
struct client_tls_options {
  /// Accept only the certificate with this SHA-256 fingerprint: 64 hex digits
  /// in any case, with or without colons. Its names and CA are then not
  /// verified.
  std::string fingerprint;
  /// The same, given as a file; its first certificate is used.
  std::string pinned_certificate;
  /// The CAs to trust instead of the system's.
  std::string ca;
  /// For servers that ask clients for a certificate.
  std::string certificate;
  std::string key;
  /// Set if the server is reached through a proxy.
  std::optional<client_proxy> proxy = {};
};

/// Where a client's TCP connection goes: to the proxy, if there is one.
[[nodiscard]] inline const endpoint&
first_hop(const endpoint& server,
          const std::optional<client_tls_options>& tls) noexcept {
  return tls && tls->proxy ? tls->proxy->server : server;
}

/// `the proxy HOST:PORT`, for errors of the TCP connection; empty if there is
/// no proxy.
[[nodiscard]] std::string
proxy_in_words(const std::optional<client_tls_options>& tls);

/// The server of a client connection, and the connection's limits.
struct websocket_client_options {
  /// The host may be a name or an address.
  endpoint server;
  std::string target = "/";
  /// The complete value of the Authorization header, if one should be sent.
  std::optional<std::string> authorization;
  /// Set if the server uses TLS.
  std::optional<client_tls_options> tls;
  /// Time limit from the name lookup to the end of the upgrade.
  std::chrono::milliseconds connect_timeout = std::chrono::seconds{10};
  /// A server that has been silent for half of this is pinged; after all of it,
  /// it is considered dead.
  std::chrono::milliseconds idle_timeout = std::chrono::seconds{60};
  /// Time limit for sending the queue and for the closing handshake.
  std::chrono::milliseconds close_timeout = std::chrono::seconds{2};
  std::size_t max_frame_bytes = std::size_t{16} * 1024 * 1024;
  std::size_t max_queue_bytes = std::size_t{8} * 1024 * 1024;
  std::size_t max_queue_frames = 4096;
};

/// How a connection, or the attempt to open one, ended.
struct websocket_end {
  /// Whether the upgrade succeeded.
  bool was_open = false;
  /// The code of the server's close frame; 0 if there was none.
  std::uint16_t code = 0;
  /// The close frame's text, or the body of a rejected upgrade, or otherwise an
  /// error message.
  std::string reason;
  /// The TLS handshake failed; `reason` is a sentence that says why and what to
  /// do.
  bool untrusted = false;
  /// The status of a rejected upgrade; 0 if there was none.
  unsigned http_status = 0;
  /// The Retry-After of a rejected upgrade, if it is a number of seconds.
  std::optional<std::chrono::seconds> retry_after;
};

/// One WebSocket connection to a server, over TCP or TLS. An object makes one
/// attempt; to reconnect, make another. Everything runs on the thread of the
/// `io_context`. The destructor drops the connection without a close frame or a
/// callback.
class websocket_client {
public:
  /// A handler may do anything to the client, including destroying it.
  struct handlers {
    std::function<void()> on_open;
    /// Called for a text frame. Binary frames are dropped.
    std::function<void(std::string_view)> on_text;
    /// The queue has become empty.
    std::function<void()> on_drained;
    /// Called exactly once; no handler is called after it.
    std::function<void(const websocket_end&)> on_end;
  };

  /// The implementation.
  class connection;

  websocket_client(boost::asio::io_context& context,
                   websocket_client_options options, handlers callbacks);

  websocket_client(const websocket_client&) = delete;

  websocket_client& operator=(const websocket_client&) = delete;

  ~websocket_client();

  /// Starts connecting. May be called once.
  void start();

  /// Queues a text message. Returns false and drops it if the connection is not
  /// open or its queue is full; an empty queue accepts a message of any size.
  /// Large messages are sent in fragments, and pings are answered between them.
  bool send(std::string frame);

  /// Bytes accepted by `send` but not written yet.
  [[nodiscard]] std::size_t queued_bytes() const noexcept;

  /// Sends the queue and a close frame, then ends. If the connection is not
  /// open yet, the attempt is aborted. `on_end` is called later, never within
  /// this call.
  void close(std::uint16_t code, std::string_view reason = {});

private:
  std::shared_ptr<connection> connection_;
};

} // namespace bridgekeeper::net
