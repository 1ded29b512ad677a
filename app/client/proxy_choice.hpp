#pragma once

#include "app/client/server_address.hpp"
#include "domain/result.hpp"
#include "net/client_proxy.hpp"

#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace bridgekeeper::app {

/// Looks up an environment variable; empty if it is not set.
using environment_lookup = std::function<std::string(const char*)>;

/// The proxy for the daemon at `address`, which must speak TLS: HTTPS_PROXY,
/// otherwise https_proxy, unless NO_PROXY or no_proxy excludes the daemon or it
/// is on this host. Those name a proxy as
/// `http://NAME:PASSWORD@HOST:PORT` or `HOST:PORT`, as for curl. The failure
/// says which variable has a value that cannot be used.
[[nodiscard]] result<std::optional<net::client_proxy>>
find_proxy(const server_address& address, const environment_lookup& lookup);

/// Whether the list `no_proxy` excludes `host` and `port`. Its items are host
/// names, which exclude their subdomains too, addresses, networks
/// (10.0.0.0/8) or `*`; a port may follow the name.
[[nodiscard]] bool is_excluded(std::string_view no_proxy,
                               const net::endpoint& server);

} // namespace bridgekeeper::app
