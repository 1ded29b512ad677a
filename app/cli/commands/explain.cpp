#include "app/cli/commands.hpp"
#include "app/client/client_options.hpp"
#include "app/client/explanation_request.hpp"
#include "app/command_line/client_flags.hpp"
#include "app/text/explanation_text.hpp"
#include "app/text/utf8_text.hpp"

#include <CLI/CLI.hpp>

#include <iostream>
#include <memory>
#include <string>
#include <variant>

namespace bridgekeeper::app {

namespace {

constexpr const char* explain_footer = R"(Examples:
  bridgekeeper explain shop-1
  bridgekeeper explain 5e8d1b64
  bridgekeeper explain rate_limited
  bridgekeeper explain shop-1 --json | jq .next

Explains in order and in sentences why an agent was evicted or refused, or why a
dispatch waits, was refused or has ended: which rule or timer decided, the
setting behind it with its value, and what to do next. A daemon with a store also
accepts the first or the last characters of a dispatch id, at least 4.

A request that was refused before it had an id belongs to its agent. If it names
no agent either, the name of its reason explains it.

The daemon remembers the newest decisions since it was started, even about
agents and dispatches that are gone. About earlier times, it knows only what is
in its store.

Exit codes: 0 done, 1 nothing is known, or failed at run time, 2 wrong usage, 3
the daemon cannot be reached, 4 the token is missing or rejected.)";

struct explain_flags {
  client_options client;
  std::string id;
  bool json = false;
};

exit_code run(const explain_flags& flags) {
  auto access = find_access(flags.client);
  if (!access) {
    std::cerr << "bridgekeeper explain: " << to_string(access.error()) << "\n";
    return to_exit_code(access.error());
  }
  auto found = find_explanation(*access, flags.id);
  if (auto* missing = std::get_if<missing_explanation>(&found)) {
    std::cerr << missing->sentence << "\n";
    return missing->code;
  }
  const auto& received = std::get<received_explanation>(found);
  if (flags.json)
    std::cout << received.json << "\n";
  else
    std::cout << printable(explanation_text(received.parsed));
  return exit_code::ok;
}

} // namespace

void add_explain(CLI::App& app, command_outcome& out) {
  auto command = app.add_subcommand(
      "explain", "Explain why an agent or a dispatch is as it is.");
  auto flags = std::make_shared<explain_flags>();
  command
      ->add_option("ID", flags->id,
                   "The id of an agent or a dispatch, or the name of a reason")
      ->type_name("")
      ->required();
  command->add_flag("--json", flags->json, "Print the response of the daemon");
  add_client_options(*command, flags->client, "http://127.0.0.1:8000");
  add_context_option(*command, flags->client);
  command->footer(explain_footer);
  command->callback([&out, flags] { out.code = run(*flags); });
}

} // namespace bridgekeeper::app
