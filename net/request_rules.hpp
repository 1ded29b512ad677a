#pragma once

#include <string_view>

namespace bridgekeeper::net {

/// Whether `text` is a host with an optional port, as in `Host` and in the
/// target of a request (RFC 9112, 3.2; RFC 3986, 3.2.2). An empty one is valid.
[[nodiscard]] bool is_valid_host(std::string_view text);

/// The four forms of a request's target (RFC 9112, 3.2).
enum class target_form {
  /// `/path?query`
  origin,
  /// `http://host/path?query`, as sent to proxies.
  absolute,
  /// `*`, for OPTIONS only.
  asterisk,
  /// `host:port` (for CONNECT, which is not supported), or an invalid target.
  other,
};

[[nodiscard]] target_form form_of(std::string_view method,
                                  std::string_view target);

/// Path and query of a target in any form: `http://x?y=/z` has no path, and the
/// query `y=/z`.
[[nodiscard]] std::string_view path_and_query(std::string_view target);

/// Whether a `Sec-WebSocket-Key` encodes 16 bytes (RFC 6455, 4.1).
[[nodiscard]] bool is_websocket_key(std::string_view text);

} // namespace bridgekeeper::net
