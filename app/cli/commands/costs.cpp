#include "app/cli/commands.hpp"
#include "app/client/cost_table.hpp"
#include "app/client/single_question.hpp"
#include "app/command_line/client_flags.hpp"

#include <CLI/CLI.hpp>

#include <iostream>
#include <memory>

namespace bridgekeeper::app {

namespace {

constexpr const char* costs_footer = R"(Examples:
  bridgekeeper costs
  bridgekeeper costs --json | jq .session_cost_usd
  bridgekeeper costs --reset-session

Once the spending of the session or of the day has reached its limit
(cost.session_limit_usd, cost.daily_limit_usd), dispatches are refused with
`cost_limit` (HTTP 402). Session spending is reset to 0 after
cost.session_window, and daily spending at midnight UTC.

Exit codes: 0 done, 2 wrong usage, 3 the daemon cannot be reached, 4 the token
is missing or rejected, or lacks the scope admin for --reset-session.)";

struct costs_flags {
  client_options client;
  bool reset = false;
  bool json = false;
};

exit_code run(const costs_flags& flags) {
  auto access = find_access(flags.client);
  if (!access) {
    std::cerr << "bridgekeeper costs: " << to_string(access.error()) << "\n";
    return to_exit_code(access.error());
  }
  auto show = [&flags](const control_answer& x) {
    auto costs = std::get_if<costs_answer>(&x);
    if (costs == nullptr)
      return exit_code::failure;
    if (flags.json)
      std::cout << costs->json << "\n";
    else
      std::cout << cost_table(costs->json, wall_clock_now());
    return exit_code::ok;
  };
  return single_question{
      *access, "bridgekeeper costs",
      encode_request(protocol::control_costs{"1", flags.reset}), show}
      .run();
}

} // namespace

void add_costs(CLI::App& app, command_outcome& out) {
  auto command = app.add_subcommand("costs", "Show what dispatches have cost.");
  auto flags = std::make_shared<costs_flags>();
  add_client_options(*command, flags->client, "http://127.0.0.1:8000");
  command->add_flag("--reset-session", flags->reset,
                    "Reset the session's spending to 0 first");
  command->add_flag("--json", flags->json,
                    "Print the daemon's response as one line of JSON");
  command->footer(costs_footer);
  command->callback([&out, flags] { out.code = run(*flags); });
}

} // namespace bridgekeeper::app
