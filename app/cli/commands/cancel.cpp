#include "app/cli/commands.hpp"
#include "app/cli/dispatch_id_flag.hpp"
#include "app/client/cancellation.hpp"
#include "app/command_line/client_flags.hpp"

#include <CLI/CLI.hpp>

#include <iostream>
#include <memory>

namespace bridgekeeper::app {

namespace {

constexpr const char* cancel_footer = R"(Examples:
  bridgekeeper cancel 0197c3d2-7a7e-7c3b-9a52-3f0c5e8d1b64
  bridgekeeper cancel 5e8d1b64

A daemon with a store also accepts the first or the last characters of an id, at
least 4. Without a store, the whole id is necessary.

The dispatch ends with the reason `cancelled`. The agent itself may continue to
work. If it still answers, `bridgekeeper result` shows the late result.

Exit codes: 0 cancelled, 1 failed at run time, 2 wrong usage, 3 the daemon
cannot be reached, 4 the token is missing or rejected, 5 the dispatch has
already ended or is unknown.)";

struct cancel_flags {
  client_options client;
  std::string id;
};

exit_code run(const cancel_flags& flags) {
  auto access = find_access(flags.client);
  if (!access) {
    std::cerr << "bridgekeeper cancel: " << to_string(access.error()) << "\n";
    return to_exit_code(access.error());
  }
  auto outcome = cancel_dispatch(*access, flags.id);
  (outcome.code == exit_code::ok ? std::cout : std::cerr)
      << outcome.sentence << "\n";
  return outcome.code;
}

} // namespace

void add_cancel(CLI::App& app, command_outcome& out) {
  auto command = app.add_subcommand("cancel", "Cancel a dispatch.");
  auto flags = std::make_shared<cancel_flags>();
  add_dispatch_id(*command, "ID", flags->id);
  add_client_options(*command, flags->client, "http://127.0.0.1:8000");
  add_context_option(*command, flags->client);
  command->footer(cancel_footer);
  command->callback([&out, flags] { out.code = run(*flags); });
}

} // namespace bridgekeeper::app
