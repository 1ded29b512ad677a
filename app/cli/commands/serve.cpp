#include "app/cli/commands.hpp"
#include "app/cli/config_flags.hpp"
#include "app/daemon/daemon.hpp"
#include "app/log/logging.hpp"
#include "app/text/utf8_text.hpp"
#include "log/log_line.hpp"

#include <cstdlib>
#include <iostream>

namespace bridgekeeper::app {

namespace {

constexpr const char* serve_footer =
    R"(TIME is seconds, or a number with a unit: 500ms, 30s, 10m, 2h.
SIZE is bytes, or a number with a unit: 64KiB, 16MiB.

Flags override the environment (BRIDGEKEEPER_<SECTION>_<KEY>, for example
BRIDGEKEEPER_HEARTBEAT_TIMEOUT=45), which overrides the file of --config, which
overrides the VIBEFORGE_ variables for tokens (VIBEFORGE_AUTH_TOKEN), rates,
costs and the audit log. Some settings in the file have no flag; the comments in
/etc/bridgekeeper/bridgekeeper.toml (in the sources: conf/bridgekeeper.toml)
explain all settings and name those variables. Tokens cannot be given as flags,
because all users of the machine could see them.

Examples:
  bridgekeeper serve
  bridgekeeper serve --listen 0.0.0.0:8000 --listen [::]:8000
  bridgekeeper serve --tls-self-signed --listen 0.0.0.0:8443
  bridgekeeper serve --config /etc/bridgekeeper/bridgekeeper.toml
  VIBEFORGE_AUTH_TOKEN=... bridgekeeper serve --log-level debug

Exit codes: 0 stopped by SIGTERM or SIGINT, 1 failed at run time, 2 wrong usage
or configuration; nothing was started.)";

} // namespace

void add_serve(CLI::App& app, command_outcome& out) {
  auto serve = [&out](const load_outcome& loaded,
                      const config_sources& sources) {
    if (!loaded.ok()) {
      std::cerr << printable(error_text(loaded));
      out.code = exit_code::usage;
      return;
    }
    background_log log{loaded.values.log};
    for (const auto& warning : loaded.warnings)
      log::warn("{}", warning);
    // The similar name makes this an easy mistake, and a daemon without tokens
    // rejects everything.
    const auto& auth = loaded.values.auth;
    if (auth.tokens.empty() && !auth.token_file
        && std::getenv("BRIDGEKEEPER_TOKEN") != nullptr)
      log::warn("BRIDGEKEEPER_TOKEN is for clients and is ignored here; to "
                "accept this token, set BRIDGEKEEPER_AUTH_TOKENS");
    out.code = static_cast<exit_code>(run_daemon(loaded.values, sources));
  };
  add_config_command(app, "serve",
                     "Run the daemon in the foreground until it is stopped.",
                     serve_footer, serve);
}

} // namespace bridgekeeper::app
