#pragma once

#include "domain/result.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace bridgekeeper::net {

/// A host and a port, as people write them: `127.0.0.1:8000`, `[::1]:8000`,
/// `localhost:8000`. Or, where listening or connecting over a socket file makes
/// sense, `unix:/run/bridgekeeper.sock`.
struct endpoint {
  std::string host;
  std::uint16_t port = 0;
  /// Of the socket file; empty with a host.
  std::string path = {};

  [[nodiscard]] bool is_local() const noexcept {
    return !path.empty();
  }
};

/// Reads `HOST:PORT`. IPv6 addresses stand in brackets.
[[nodiscard]] result<endpoint> parse_endpoint(std::string_view text);

/// Reads `HOST:PORT` or `unix:PATH`.
[[nodiscard]] result<endpoint> parse_endpoint_or_path(std::string_view text);

/// Writes `HOST:PORT`, with brackets around an IPv6 address, or `unix:PATH`.
[[nodiscard]] std::string to_string(const endpoint& x);

} // namespace bridgekeeper::net
