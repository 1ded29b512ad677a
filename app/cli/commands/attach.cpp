#include "app/cli/commands.hpp"
#include "app/cli/dispatch_id_flag.hpp"
#include "app/client/attachment.hpp"
#include "app/client/client_options.hpp"
#include "app/command_line/client_flags.hpp"

#include <CLI/CLI.hpp>

#include <iostream>
#include <memory>
#include <string>

namespace bridgekeeper::app {

namespace {

constexpr const char* attach_footer = R"(Examples:
  bridgekeeper attach 0197c3d2-7a7e-7c3b-9a52-3f0c5e8d1b64
  bridgekeeper attach 5e8d1b64

Progress, past and new, goes to standard error and the answer to standard
output, as with `bridgekeeper dispatch --wait`.

Ctrl-C ends only the command; the dispatch continues. If the connection ends,
the command reconnects and continues where it was. It gives up after about a
minute without success.

A daemon with a store also accepts the first or the last characters of an id, at
least 4. Without a store, the whole id is necessary.

Exit codes: 0 done, 1 failed at run time, 2 wrong usage, 3 the daemon cannot be
reached, 4 the token is missing or rejected, 5 the dispatch ended in an error or
is unknown, 6 timed out.)";

struct attach_flags {
  client_options client;
  std::string id;
  bool json = false;
};

exit_code run(const attach_flags& flags) {
  auto access = find_access(flags.client);
  if (!access) {
    std::cerr << "bridgekeeper attach: " << to_string(access.error()) << "\n";
    return to_exit_code(access.error());
  }
  return attachment{std::move(*access), flags.id, flags.json}.run();
}

} // namespace

void add_attach(CLI::App& app, command_outcome& out) {
  auto command = app.add_subcommand(
      "attach", "Show the progress of a dispatch, then its answer.");
  auto flags = std::make_shared<attach_flags>();
  add_dispatch_id(*command, "ID", flags->id);
  command->add_flag("--json", flags->json,
                    "Print the response of GET /control/dispatches/ID");
  add_client_options(*command, flags->client, "http://127.0.0.1:8000");
  add_context_option(*command, flags->client);
  command->footer(attach_footer);
  command->callback([&out, flags] { out.code = run(*flags); });
}

} // namespace bridgekeeper::app
