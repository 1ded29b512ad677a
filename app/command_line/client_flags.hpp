#pragma once

#include "app/client/client_options.hpp"
#include "app/text/quantity.hpp"

#include <string>

namespace CLI {
class App;
}

namespace bridgekeeper::app {

/// Binds the flags of `client_options`, except `--context`, to `out`, which
/// must live until `app` has parsed the command line. The help of `--url` shows
/// `url_example` as the last default.
void add_client_options(CLI::App& app, client_options& out,
                        const std::string& url_example);

/// Binds `--context NAME`. Separate from the other flags because `dispatch`
/// also accepts a JSON object for this flag.
void add_context_option(CLI::App& app, client_options& out);

/// Binds only the TLS flags.
void add_tls_options(CLI::App& app, client_options& out);

/// Binds a flag for a duration (`30`, `30s`, `10m`) of at least `min`. `out`
/// keeps its value if the flag is not given, and must live until the command
/// line has been parsed.
void add_duration(CLI::App& app, const std::string& flag, seconds& out,
                  seconds min, const std::string& help);

} // namespace bridgekeeper::app
