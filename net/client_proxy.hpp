#pragma once

#include "net/endpoint.hpp"

#include <optional>
#include <string>

namespace bridgekeeper::net {

/// The HTTP proxy through which a client reaches a server that speaks TLS.
struct client_proxy {
  endpoint server;
  /// The complete value of the Proxy-Authorization header, if the proxy should
  /// get one.
  std::optional<std::string> authorization;
};

} // namespace bridgekeeper::net
