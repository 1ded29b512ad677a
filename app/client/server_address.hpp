#pragma once

#include "domain/result.hpp"
#include "net/endpoint.hpp"

#include <string>
#include <string_view>

namespace bridgekeeper::app {

/// Where a daemon is reached.
struct server_address {
  net::endpoint server{"127.0.0.1", 8000};
  bool tls = false;
  /// A daemon found in its data directory says which certificate it shows.
  std::string certificate;
  /// What stands before the daemon's own paths, or an endpoint's whole path.
  std::string path;
  /// With its question mark.
  std::string query;

  /// Path and query of `endpoint` ("/ws/control") at this address.
  [[nodiscard]] std::string target(std::string_view endpoint) const;
};

/// Reads `http://host:port/prefix`, `ws://…`, `https://…`, `wss://…`, and,
/// without TLS, `host:port`, `host` or the `unix:PATH` of a socket file.
[[nodiscard]] result<server_address> parse_server_address(std::string_view url);

/// The address the daemon left in the text of its `daemon.json`; an address
/// that stands for all interfaces becomes the loopback one.
[[nodiscard]] result<server_address> parse_daemon_file(std::string_view text);

/// `url` where it is not empty, else the environment's BRIDGEKEEPER_URL, else
/// what `data_dir`/daemon.json says, else 127.0.0.1:8000. Where `data_dir` is
/// a daemon's and that does not run, the failure is `unavailable`: whoever
/// listens on the usual port is another daemon, and no token is for it.
[[nodiscard]] result<server_address> find_server(const std::string& url,
                                                 const std::string& data_dir);

} // namespace bridgekeeper::app
