#include "app/cli/commands.hpp"
#include "app/client/client_token.hpp"
#include "app/client/control_client.hpp"
#include "app/client/saved_context.hpp"
#include "app/client/secret_prompt.hpp"
#include "app/command_line/client_flags.hpp"

#include <CLI/CLI.hpp>
#include <boost/asio/io_context.hpp>

#include <cstdlib>
#include <filesystem>
#include <iostream>
#include <memory>

namespace bridgekeeper::app {

namespace {

constexpr const char* login_footer = R"(Examples:
  bridgekeeper login http://127.0.0.1:8000
  bridgekeeper login https://bridges.example.com --context work
  bridgekeeper login http://10.0.0.5:8000 --token-file token --no-check
  bridgekeeper agents --context work
  bridgekeeper logout --context work

The token comes from --token-file, otherwise from BRIDGEKEEPER_TOKEN or
VIBEFORGE_AUTH_TOKEN, otherwise from a prompt that hides the input, or from the
first line of standard input. The address and token are saved in
$XDG_CONFIG_HOME/bridgekeeper/contexts (~/.config/bridgekeeper/contexts),
readable only by you. Other commands use the context "default" unless --url,
BRIDGEKEEPER_URL or a daemon in ./var is found first; --context NAME or
BRIDGEKEEPER_CONTEXT selects another context.

Exit codes: 0 done, 1 the context cannot be saved, 2 wrong usage, 3 the daemon
cannot be reached, 4 the token is missing or rejected.)";

struct login_flags {
  std::string url;
  std::string context = default_context;
  client_options client;
  bool no_check = false;
};

/// Checks the address and the token by asking the daemon for its agents.
exit_code check(const server_access& access) {
  boost::asio::io_context context{1};
  auto code = exit_code::unreachable;
  std::unique_ptr<control_client> client;
  auto done = false;
  client = std::make_unique<control_client>(
      context, access,
      control_client::handlers{
          [&] { client->send(encode_request(protocol::control_list{"1"})); },
          [&](const control_answer&, std::string_view) {
            done = true;
            code = exit_code::ok;
            client->close();
          },
          [&](const control_loss& x) {
            if (done)
              return;
            std::cerr << x.sentence << "\n";
            code = x.code;
          }});
  client->start();
  context.run();
  return code;
}

result<std::string> ask_for_token(const login_flags& flags) {
  auto in_environment = [](const char* name) {
    auto value = std::getenv(name);
    return value != nullptr && *value != '\0';
  };
  if (!flags.client.token_file.empty() || in_environment("BRIDGEKEEPER_TOKEN")
      || in_environment("VIBEFORGE_AUTH_TOKEN"))
    return find_token(flags.client.token_file, "");
  return checked_token(read_secret("Token for " + flags.url + ": "),
                       "standard input");
}

std::string absolute(const std::string& path) {
  return path.empty() ? path : std::filesystem::absolute(path).string();
}

exit_code fail(const failure& why) {
  std::cerr << "bridgekeeper login: " << to_string(why) << "\n";
  return to_exit_code(why);
}

exit_code run(login_flags& flags) {
  if (!is_context_name(flags.context))
    return fail({errc::bad_request,
                 "\"" + flags.context
                     + "\" is not a valid context name: use 1 to 64 letters, "
                       "digits, -, _ and ., not beginning with a dot."});
  auto address = parse_server_address(flags.url);
  if (!address)
    return fail(address.error());
  auto tls = find_tls(flags.client, *address);
  if (!tls)
    return fail(tls.error());
  auto token = ask_for_token(flags);
  if (!token)
    return fail(token.error());
  if (!flags.no_check)
    if (auto code = check({*address, *token, *tls}); code != exit_code::ok)
      return code;
  auto path =
      save_context(flags.context, {flags.url, *token, absolute(flags.client.ca),
                                   flags.client.tls_fingerprint});
  if (!path) {
    std::cerr << "bridgekeeper login: " << to_string(path.error()) << "\n";
    return exit_code::failure;
  }
  std::cout << "Saved as context " << flags.context << " in " << path->string()
            << ".\n";
  return exit_code::ok;
}

} // namespace

void add_login(CLI::App& app, command_outcome& out) {
  auto command = app.add_subcommand(
      "login", "Save a daemon's address and token for the other commands.");
  auto flags = std::make_shared<login_flags>();
  command
      ->add_option("URL", flags->url, "Address of the daemon: http://HOST:PORT")
      ->type_name("")
      ->required();
  command
      ->add_option("--context", flags->context, "Name under which to save it")
      ->type_name("NAME")
      ->capture_default_str();
  command
      ->add_option("--token-file", flags->client.token_file,
                   "File with the token")
      ->type_name("FILE");
  add_tls_options(*command, flags->client);
  command->add_flag(
      "--no-check", flags->no_check,
      "Save without checking, for tokens that have only the scope bridge");
  command->footer(login_footer);
  command->callback([&out, flags] { out.code = run(*flags); });
}

} // namespace bridgekeeper::app
