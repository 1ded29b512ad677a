#include "app/command_line/client_flags.hpp"

#include "app/command_line/help_format.hpp"

#include <CLI/CLI.hpp>

namespace bridgekeeper::app {

void add_client_options(CLI::App& app, client_options& out,
                        const std::string& url_example) {
  app.add_option(
         "--url", out.url,
         wrap_help(
             "Address of the daemon, or unix:PATH. Default: $BRIDGEKEEPER_URL, "
             "otherwise DIR/daemon.json, otherwise the context "
             "saved by `bridgekeeper login`, otherwise "
             + url_example))
      ->type_name("URL");
  app.add_option(
         "--token-file", out.token_file,
         wrap_help("File with the token. Default: $BRIDGEKEEPER_TOKEN, "
                   "otherwise $VIBEFORGE_AUTH_TOKEN, otherwise DIR/token"))
      ->type_name("FILE");
  app.add_option("--data-dir", out.data_dir, "The daemon's data directory")
      ->type_name("DIR")
      ->envname("BRIDGEKEEPER_SERVER_DATA_DIR")
      ->capture_default_str();
  add_tls_options(app, out);
}

void add_context_option(CLI::App& app, client_options& out) {
  app.add_option("--context", out.context,
                 wrap_help("Use the context that `bridgekeeper login` saved "
                           "under this name. Default: $BRIDGEKEEPER_CONTEXT, "
                           "otherwise \"default\" if no other daemon is known"))
      ->type_name("NAME");
}

void add_tls_options(CLI::App& app, client_options& out) {
  app.add_option(
         "--ca", out.ca,
         wrap_help("PEM file with the certificate authority that signed "
                   "the daemon's certificate, for https:// and wss://. "
                   "Default: the authorities that this system trusts"))
      ->type_name("FILE");
  app.add_option("--tls-fingerprint", out.tls_fingerprint,
                 wrap_help("Trust only the certificate with this fingerprint; "
                           "`serve --tls-self-signed` prints it"))
      ->type_name("SHA256");
  app.add_option("--tls-certificate", out.tls_certificate,
                 wrap_help("PEM file with a client certificate, for a daemon "
                           "that asks for one"))
      ->type_name("FILE");
  app.add_option("--tls-key", out.tls_key,
                 "PEM file with its private key. Default: the same file")
      ->type_name("FILE");
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

} // namespace bridgekeeper::app
