#include "app/client/client_token.hpp"
#include "app/client/console_client.hpp"
#include "app/commands.hpp"
#include "app/config/default_data_dir.hpp"

#include <CLI/CLI.hpp>

#include <iostream>
#include <memory>
#include <string>
#include <vector>

namespace bridgekeeper::app {

namespace {

constexpr const char* footer =
    R"(Commands: actors, agents, agent ID, pending, threads, stats, evict ID,
kill-actor NAME, events [ID], log LEVEL, help.

Without a command there is a prompt with history and completion; Ctrl-C ends
events there. Commands can be piped in, one a line. Answers go to standard
output, what fails to standard error. The token is the daemon's own, or one
with the scope admin: from --token-file, else BRIDGEKEEPER_TOKEN, else
VIBEFORGE_AUTH_TOKEN, else DIR/token.

Examples:
  bridgekeeper console
  bridgekeeper console agents
  bridgekeeper console 'agent builder-1'
  bridgekeeper console --console 127.0.0.1:8001 'log debug'

Exit codes: 0 done, 1 the command failed (of several, the first that did) or
the daemon went away, 2 wrong usage or no such command, 3 no console can be
reached, 4 the token is refused.)";

struct console_flags {
  std::string address;
  std::string token_file;
  std::string data_dir = default_data_dir();
  std::vector<std::string> words;
};

exit_code run(const console_flags& flags) {
  auto token = find_token(flags.token_file, flags.data_dir);
  if (!token) {
    std::cerr << to_string(token.error()) << '\n';
    return exit_code::unauthenticated;
  }
  auto address = find_console(flags.address, flags.data_dir);
  if (!address) {
    std::cerr << to_string(address.error()) << '\n';
    return exit_code::unreachable;
  }
  console_client_options options;
  options.address = *address;
  options.token = *token;
  for (const auto& word : flags.words)
    options.command += (options.command.empty() ? "" : " ") + word;
  return run_console(options);
}

} // namespace

void add_console(CLI::App& app, command_outcome& out) {
  auto command =
      app.add_subcommand("console", "Inspect a running daemon's actor system.");
  auto flags = std::make_shared<console_flags>();
  command->add_option("COMMAND", flags->words,
                      "Run this and leave; without it: a prompt.");
  command->add_option("--console", flags->address,
                      "HOST:PORT of the console. Default: the one in "
                      "DIR/daemon.json, else 127.0.0.1:8001.");
  command->add_option("--token-file", flags->token_file,
                      "Read the token from this file.");
  command
      ->add_option("--data-dir", flags->data_dir,
                   "The daemon's data directory. Default: the one that "
                   "`serve` would use here.")
      ->envname("BRIDGEKEEPER_SERVER_DATA_DIR");
  command->footer(footer);
  command->callback([&out, flags] { out.code = run(*flags); });
}

} // namespace bridgekeeper::app
