#pragma once

#include <string_view>

namespace bridgekeeper::net {

/// A host with or without a port, as `Host` and the target of a request name
/// it (RFC 9112, 3.2; RFC 3986, 3.2.2). An empty one is valid.
[[nodiscard]] bool is_valid_host(std::string_view text);

/// Which of the four forms a request's target has (RFC 9112, 3.2).
enum class target_form {
  /// `/path?query`
  origin,
  /// `http://host/path?query`, as proxies are asked.
  absolute,
  /// `*`, for OPTIONS only.
  asterisk,
  /// `host:port` (for CONNECT, which we do not speak), or no valid form.
  other,
};

[[nodiscard]] target_form form_of(std::string_view method,
                                  std::string_view target);

/// Path and query of a target, whatever its form: `http://x?y=/z` has no path,
/// and the query `y=/z`.
[[nodiscard]] std::string_view path_and_query(std::string_view target);

/// Whether a `Sec-WebSocket-Key` stands for 16 bytes (RFC 6455, 4.1).
[[nodiscard]] bool is_websocket_key(std::string_view text);

} // namespace bridgekeeper::net
