#pragma once

#include "domain/result.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace bridgekeeper::net {

/// A host and a port: `127.0.0.1:8000`, `[::1]:8000`, `localhost:8000`. Where
/// socket files are supported, also `unix:/run/bridgekeeper.sock`.
struct endpoint {
  std::string host;
  std::uint16_t port = 0;
  /// The path of the socket file; empty if there is a host.
  std::string path = {};

  [[nodiscard]] bool is_local() const noexcept {
    return !path.empty();
  }
};

/// Parses `HOST:PORT`. IPv6 addresses must be in brackets.
[[nodiscard]] result<endpoint> parse_endpoint(std::string_view text);

/// Parses `HOST:PORT` or `unix:PATH`.
[[nodiscard]] result<endpoint> parse_endpoint_or_path(std::string_view text);

/// Formats as `HOST:PORT`, with brackets around an IPv6 address, or as
/// `unix:PATH`.
[[nodiscard]] std::string to_string(const endpoint& x);

} // namespace bridgekeeper::net
