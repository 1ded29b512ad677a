#pragma once

#include "app/client/exit_code.hpp"
#include "app/client/server_address.hpp"
#include "app/files/default_data_dir.hpp"
#include "app/text/quantity.hpp"
#include "domain/result.hpp"
#include "net/websocket_client.hpp"

#include <optional>
#include <string>

namespace CLI {
class App;
}

namespace bridgekeeper::app {

/// The flags of every subcommand that speaks to a daemon.
struct client_options {
  std::string url;
  std::string token_file;
  std::string data_dir = default_data_dir();
  /// The saved context (saved_context.hpp) to use instead of all that.
  std::string context;
  /// Whom to trust on https:// and wss://; see `net::client_tls_options`.
  std::string ca;
  std::string tls_fingerprint;
  std::string tls_certificate;
  std::string tls_key;
};

/// Where the daemon is, and what opens it.
struct server_access {
  server_address address;
  std::string token;
  /// Set where the daemon speaks TLS.
  std::optional<net::client_tls_options> tls;
};

/// Binds the flags to `out`, which must outlive `app`'s parsing.
/// `url_example` is shown as the form of `--url`.
void add_client_options(CLI::App& app, client_options& out,
                        const std::string& url_example);

/// Binds `--context NAME`. Apart from the others, because for `dispatch` it is
/// more than that.
void add_context_option(CLI::App& app, client_options& out);

/// Binds those of them that are about TLS.
void add_tls_options(CLI::App& app, client_options& out);

/// Binds a flag for a length of time (`30`, `30s`, `10m`) of at least `min`;
/// what it is not given leaves `out` alone. `out` must outlive the parsing.
void add_duration(CLI::App& app, const std::string& flag, seconds& out,
                  seconds min, const std::string& help);

/// What a data directory whose daemon does not run means: that there is nobody
/// to ask, or that somebody will be at the usual address later.
enum class absent_daemon { is_an_error, is_waited_for };

/// How the daemon at `address` is known, where it speaks TLS.
[[nodiscard]] result<std::optional<net::client_tls_options>>
find_tls(const client_options& options, const server_address& address);

/// Follows the flags, the environment, the data directory and the saved
/// contexts: a context that is named, by --context or BRIDGEKEEPER_CONTEXT, is
/// where the daemon is, and its token the one to use unless --token-file names
/// another. Without a name, the default context counts where neither --url nor
/// BRIDGEKEEPER_URL is given and the usual data directory has no daemon. A
/// failure with
/// the reason `missing_token` or `invalid_token` is about the token, one with
/// `unavailable` says that the daemon does not run, any other is about the
/// address.
[[nodiscard]] result<server_access>
find_access(const client_options& options,
            absent_daemon absent = absent_daemon::is_an_error);

/// What the process exits with after such a failure.
[[nodiscard]] exit_code to_exit_code(const failure& why) noexcept;

} // namespace bridgekeeper::app
