#pragma once

#include "domain/result.hpp"
#include "net/endpoint.hpp"

#include <string>
#include <string_view>

namespace bridgekeeper::app {

/// The address of a daemon.
struct server_address {
  net::endpoint server{"127.0.0.1", 8000};
  bool tls = false;
  /// The file of the daemon's certificate, if the address comes from the
  /// daemon's data directory.
  std::string certificate;
  /// A prefix of the daemon's paths, or the whole path of an endpoint.
  std::string path;
  /// Includes the question mark.
  std::string query;

  /// Path and query of `endpoint` ("/ws/control") at this address. `endpoint`
  /// may have a query of its own.
  [[nodiscard]] std::string target(std::string_view endpoint) const;
};

/// Parses `http://host:port/prefix`, `ws://…`, `https://…`, `wss://…`, and the
/// forms without TLS `host:port`, `host` and `unix:PATH` (a socket file).
[[nodiscard]] result<server_address> parse_server_address(std::string_view url);

/// Reads the address from the text of a `daemon.json`. An address that means
/// all interfaces is replaced by the loopback address.
[[nodiscard]] result<server_address> parse_daemon_file(std::string_view text);

/// Finds the daemon's address. The order of precedence is: `url` unless it is
/// empty, BRIDGEKEEPER_URL, `data_dir`/daemon.json, 127.0.0.1:8000. If
/// `data_dir` belongs to a daemon that is not running, the failure is
/// `unavailable`: another daemon may listen on the default port, and this
/// daemon's token must not be sent there.
[[nodiscard]] result<server_address> find_server(const std::string& url,
                                                 const std::string& data_dir);

} // namespace bridgekeeper::app
