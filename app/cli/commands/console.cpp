#include "app/cli/commands.hpp"
#include "app/client/client_token.hpp"
#include "app/console/console_client.hpp"
#include "app/files/default_data_dir.hpp"

#include <CLI/CLI.hpp>

#include <iostream>
#include <memory>
#include <string>
#include <vector>

namespace bridgekeeper::app {

namespace {

constexpr const char* console_footer =
    R"(Commands: actors, agents, agent ID, pending, events [ID], trace ID, mailboxes,
slow, heap, threads, stats, evict ID, cordon ID, drain ID, uncordon ID,
kill-actor NAME, log LEVEL, help. All of them require the scope admin.

Without a command, a prompt appears: Tab completes commands and ids, Ctrl-C
discards the line or stops the command, and Ctrl-D leaves. `events` and `trace`
run until Ctrl-C, `trace` of a dispatch until it ends. Commands can be piped in,
one per line. Answers go to standard output, errors to standard error. The token
is the daemon's own or one with the scope admin: from --token-file, otherwise
BRIDGEKEEPER_TOKEN or VIBEFORGE_AUTH_TOKEN, otherwise DIR/token.

Examples:
  bridgekeeper console
  bridgekeeper console agents
  bridgekeeper console 'agent builder-1'
  bridgekeeper console trace 8824ff37
  bridgekeeper console events --json | jq .event_type
  bridgekeeper console --console 127.0.0.1:8001 'log debug'

Exit codes: 0 done, 1 the command (or one of several) failed or the daemon
ended, 2 wrong usage or unknown command, 3 no console can be reached, 4 the
token is missing or rejected.)";

struct console_flags {
  std::string address;
  std::string token_file;
  std::string data_dir = default_data_dir();
  std::vector<std::string> words;
  bool json = false;
};

exit_code run(const console_flags& flags) {
  auto token = find_token(flags.token_file, flags.data_dir);
  if (!token) {
    std::cerr << to_string(token.error()) << '\n';
    return exit_code::unauthenticated;
  }
  auto address = console::find_console(flags.address, flags.data_dir);
  if (!address) {
    std::cerr << to_string(address.error()) << '\n';
    return exit_code::unreachable;
  }
  console::console_client_options options;
  options.address = *address;
  options.token = *token;
  options.json = flags.json;
  for (const auto& word : flags.words)
    options.command += (options.command.empty() ? "" : " ") + word;
  return console::run_console(options);
}

} // namespace

void add_console(CLI::App& app, command_outcome& out) {
  auto command =
      app.add_subcommand("console", "Inspect a running daemon's actor system.");
  auto flags = std::make_shared<console_flags>();
  command->add_option("COMMAND", flags->words,
                      "Run this command and exit; default: a prompt.");
  command->add_flag("--json", flags->json,
                    "Print live events as JSON, one per line.");
  command->add_option("--console", flags->address,
                      "HOST:PORT of the console. Default: the one in "
                      "DIR/daemon.json, otherwise 127.0.0.1:8001.");
  command->add_option("--token-file", flags->token_file,
                      "Read the token from this file.");
  command
      ->add_option("--data-dir", flags->data_dir,
                   "The daemon's data directory. Default: the one that `serve` "
                   "uses here.")
      ->envname("BRIDGEKEEPER_SERVER_DATA_DIR");
  command->footer(console_footer);
  command->callback([&out, flags] { out.code = run(*flags); });
}

} // namespace bridgekeeper::app
