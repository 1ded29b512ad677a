#include "app/client/client_options.hpp"

#include "app/client/client_token.hpp"
#include "app/config/quantity.hpp"
#include "app/help_format.hpp"

#include <CLI/CLI.hpp>

namespace bridgekeeper::app {

void add_client_options(CLI::App& app, client_options& out,
                        const std::string& url_example) {
  app.add_option("--url", out.url,
                 wrap_help("Where the daemon is. Default: $BRIDGEKEEPER_URL, "
                           "else what DIR/daemon.json says, else "
                           + url_example))
      ->type_name("URL");
  app.add_option("--token-file", out.token_file,
                 wrap_help("File with the token. Default: $BRIDGEKEEPER_TOKEN, "
                           "else $VIBEFORGE_AUTH_TOKEN, else DIR/token"))
      ->type_name("FILE");
  app.add_option("--data-dir", out.data_dir, "The daemon's data directory")
      ->type_name("DIR")
      ->envname("BRIDGEKEEPER_SERVER_DATA_DIR")
      ->capture_default_str();
}

void add_duration(CLI::App& app, const std::string& flag, seconds& out,
                  seconds min, const std::string& help) {
  app.add_option_function<std::string>(
         flag,
         [flag, min, &out](const std::string& text) {
           auto x = parse_duration(text, bare_number::accepted);
           if (!x || *x < min)
             throw CLI::ValidationError(
                 flag, "expected a time of at least " + format_seconds(min)
                           + " s, such as 30 or 500ms or 10m, got " + text);
           out = *x;
         },
         wrap_help(help))
      ->type_name("TIME");
}

protocol::result<server_access> find_access(const client_options& options,
                                            absent_daemon absent) {
  auto address = find_server(options.url, options.data_dir);
  if (!address && absent == absent_daemon::is_waited_for
      && address.error().code == protocol::errc::unavailable)
    address = server_address{};
  if (!address)
    return address.error();
  auto token = find_token(options.token_file, options.data_dir);
  if (!token)
    return token.error();
  return server_access{std::move(*address), std::move(*token)};
}

exit_code to_exit_code(const protocol::failure& why) noexcept {
  switch (why.code) {
  case protocol::errc::missing_token:
  case protocol::errc::invalid_token:
    return exit_code::unauthenticated;
  case protocol::errc::unavailable:
    return exit_code::unreachable;
  default:
    return exit_code::usage;
  }
}

} // namespace bridgekeeper::app
