#pragma once

#include "app/client/client_token.hpp"
#include "app/client/exit_code.hpp"
#include "app/client/server_address.hpp"
#include "app/files/default_data_dir.hpp"
#include "domain/result.hpp"
#include "net/websocket_client.hpp"

#include <optional>
#include <string>

namespace bridgekeeper::app {

/// The flags of every subcommand that connects to a daemon.
struct client_options {
  std::string url;
  std::string token_file;
  std::string data_dir = default_data_dir();
  /// The saved context (saved_context.hpp) to use instead of the above.
  std::string context;
  /// Which certificates to trust for https:// and wss://; see
  /// `net::client_tls_options`.
  std::string ca;
  std::string tls_fingerprint;
  std::string tls_certificate;
  std::string tls_key;
};

/// Everything that is needed to connect to a daemon.
struct server_access {
  server_address address;
  std::string token;
  /// Set if the daemon uses TLS.
  std::optional<net::client_tls_options> tls;
};

/// How to treat a data directory whose daemon is not running: as an error, or
/// as a daemon that will start later and listen on the default address.
enum class absent_daemon { is_an_error, is_waited_for };

/// Determines the TLS options for the daemon at `address`; nothing if the
/// address does not use TLS.
[[nodiscard]] result<std::optional<net::client_tls_options>>
find_tls(const client_options& options, const server_address& address);

/// Determines the daemon's address and token from the flags, the environment,
/// the data directory and the saved contexts. A context named by --context or
/// BRIDGEKEEPER_CONTEXT supplies the address, and also the token unless
/// --token-file is given. The default context applies only if neither --url
/// nor BRIDGEKEEPER_URL is given and the default data directory contains no
/// daemon. A failure with the reason `missing_token` or `invalid_token` is
/// about the token, `unavailable` means that the daemon is not running, and any
/// other reason is about the address. `on_warning` is called as by
/// `find_token`.
[[nodiscard]] result<server_access>
find_access(const client_options& options,
            absent_daemon absent = absent_daemon::is_an_error,
            const warning_handler& on_warning = print_warning);

/// The exit code for a failure of `find_access` or `find_tls`.
[[nodiscard]] exit_code to_exit_code(const failure& why) noexcept;

} // namespace bridgekeeper::app
