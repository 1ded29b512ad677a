#pragma once

#include "net/endpoint.hpp"
#include "net/websocket_client.hpp"

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>

namespace bridgekeeper::net {

/// A request to a server, and the call's limits.
struct http_call_options {
  /// The host may be a name or an address.
  endpoint server;
  std::string target = "/";
  /// The complete value of the Authorization header, if one should be sent.
  std::optional<std::string> authorization;
  /// A JSON text; only POST sends it.
  std::string body;
  /// Set if the server uses TLS.
  std::optional<client_tls_options> tls;
  /// Time limit from the name lookup until the request has been sent.
  std::chrono::milliseconds connect_timeout = std::chrono::seconds{10};
  /// How long the server may take for its response. 0: as long as it lives.
  std::chrono::milliseconds response_timeout{0};
  std::size_t max_response_bytes = std::size_t{1024} * 1024;
};

/// The response, or why there is none.
struct http_reply {
  /// 0 if there was no response.
  unsigned status = 0;
  /// The body of the response, or otherwise an error message.
  std::string text;
  /// The TLS handshake failed; `text` is a sentence that says why and what to
  /// do.
  bool untrusted = false;
};

/// Sends one request on a connection of its own and waits for the response.
/// Blocks; any thread.
[[nodiscard]] http_reply get_json(http_call_options options);

/// The same with the method POST.
[[nodiscard]] http_reply post_json(http_call_options options);

} // namespace bridgekeeper::net
