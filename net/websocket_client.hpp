#pragma once

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

/// How a client knows the server of a TLS connection, and what it shows of its
/// own. Paths of PEM files, read at each connection; empty where unset.
struct client_tls_options {
  /// Exactly this certificate, by its SHA-256 fingerprint: 64 hex digits in any
  /// case, with colons or without. Neither its names nor its signer count then.
  std::string fingerprint;
  /// The same, by a file whose first certificate it is.
  std::string pinned_certificate;
  /// Who signs servers' certificates, instead of those the system trusts.
  std::string ca;
  /// For servers that ask clients for a certificate.
  std::string certificate;
  std::string key;
};

/// Where a client connects to, and within which bounds.
struct websocket_client_options {
  /// The host is a name or an address.
  endpoint server;
  /// Path and query.
  std::string target = "/";
  /// The whole value of the Authorization header, where one is sent.
  std::optional<std::string> authorization;
  /// Set where the server speaks TLS.
  std::optional<client_tls_options> tls;
  /// From the look-up of the name to the end of the upgrade.
  std::chrono::milliseconds connect_timeout = std::chrono::seconds{10};
  /// A server that says nothing for half of this is pinged, for all of it is
  /// taken for dead.
  std::chrono::milliseconds idle_timeout = std::chrono::seconds{60};
  /// For what is queued and the closing handshake.
  std::chrono::milliseconds close_timeout = std::chrono::seconds{2};
  std::size_t max_frame_bytes = std::size_t{16} * 1024 * 1024;
  std::size_t max_queue_bytes = std::size_t{8} * 1024 * 1024;
  std::size_t max_queue_frames = 4096;
};

/// How a connection, or the attempt at one, ended.
struct websocket_end {
  /// Whether the upgrade had succeeded.
  bool was_open = false;
  /// What the server's close frame said; 0 where there was none.
  std::uint16_t code = 0;
  /// The close frame's text, else the body of a refused upgrade, else what
  /// went wrong in words.
  std::string reason;
  /// TLS was not agreed upon; `reason` is a sentence that says why and what to
  /// do.
  bool untrusted = false;
  /// The status of a refused upgrade; 0 where there was none.
  unsigned http_status = 0;
  /// The Retry-After of a refused upgrade, where it is a number of seconds.
  std::optional<std::chrono::seconds> retry_after;
};

/// One WebSocket connection to a server, over TCP or TLS. It lives for one
/// attempt: to connect again, make another. All of it happens on the thread
/// that runs the `io_context`; the destructor drops the connection without
/// a word and without a callback.
class websocket_client {
public:
  /// The handlers may do anything to the client, its destruction included.
  struct handlers {
    std::function<void()> on_open;
    /// One text frame. Binary frames are dropped.
    std::function<void(std::string_view)> on_text;
    /// The last frame that was queued has been written.
    std::function<void()> on_drained;
    /// Called once, whatever the end; nothing is called after it.
    std::function<void(const websocket_end&)> on_end;
  };

  /// What a transport (plain TCP or TLS) does for a client.
  class connection;

  websocket_client(boost::asio::io_context& context,
                   websocket_client_options options, handlers callbacks);

  websocket_client(const websocket_client&) = delete;

  websocket_client& operator=(const websocket_client&) = delete;

  ~websocket_client();

  /// Begins to connect; called once.
  void start();

  /// Queues a text message. Returns false, and drops it, while the connection
  /// is not open or its queue is full; into an empty queue any message fits.
  /// Large ones are sent in fragments, and pings are answered between them.
  bool send(std::string frame);

  /// Bytes that `send` has taken and that are not written yet.
  [[nodiscard]] std::size_t queued_bytes() const noexcept;

  /// Sends what is queued and a close frame, then ends. An attempt that is not
  /// open yet is given up. `on_end` follows later, never from here.
  void close(std::uint16_t code, std::string_view reason = {});

private:
  std::shared_ptr<connection> connection_;
};

} // namespace bridgekeeper::net
