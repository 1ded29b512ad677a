#include "app/cli/commands.hpp"
#include "app/cli/config_flags.hpp"
#include "app/config/effective_config.hpp"
#include "app/daemon/tls_source.hpp"
#include "app/text/utf8_text.hpp"
#include "app/tokens/token_mask.hpp"

#include <iostream>

namespace bridgekeeper::app {

namespace {

constexpr const char* check_config_footer =
    R"(Takes the same flags as `serve` but starts nothing.
Prints all settings and where they come from, but no tokens. The output is a
valid configuration file: `bridgekeeper check-config > effective.toml` works.
The certificate and key are read as well, so run the command as the daemon's
user.

Examples:
  bridgekeeper check-config
  bridgekeeper check-config --config /etc/bridgekeeper/bridgekeeper.toml
  BRIDGEKEEPER_LOG_LEVEL=debug bridgekeeper check-config | grep level

Exit codes: 0 the configuration is valid, 2 it is not; errors go to standard
error.)";

} // namespace

void add_check_config(CLI::App& app, command_outcome& out) {
  auto check = [&out](load_outcome loaded, const config_sources&) {
    // `serve` does not need this check: it reports the same problems when it
    // reads the files.
    if (loaded.ok())
      if (auto problem = tls_problem(loaded.values))
        loaded.errors.push_back(mask_tokens(*problem));
    for (const auto& warning : loaded.warnings)
      std::cerr << "warning: " << printable(warning) << "\n";
    if (loaded.ok())
      std::cout << printable(effective_config(loaded));
    else
      std::cerr << printable(error_text(loaded));
    out.code = loaded.ok() ? exit_code::ok : exit_code::usage;
  };
  add_config_command(app, "check-config",
                     "Check the configuration and print the settings.",
                     check_config_footer, check);
}

} // namespace bridgekeeper::app
