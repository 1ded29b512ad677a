#include "app/cli/commands.hpp"
#include "app/client/daemon_call.hpp"
#include "app/client/dispatch_query.hpp"
#include "app/client/dispatch_table.hpp"
#include "app/command_line/choices.hpp"
#include "app/command_line/client_flags.hpp"
#include "app/command_line/help_format.hpp"
#include "app/text/utf8_text.hpp"

#include <CLI/CLI.hpp>

#include <algorithm>
#include <iostream>
#include <memory>
#include <string>
#include <vector>

namespace bridgekeeper::app {

namespace {

constexpr const char* dispatches_footer = R"(Examples:
  bridgekeeper dispatches
  bridgekeeper dispatches --state unfinished
  bridgekeeper dispatches --state failed,timed_out --agent shop-1 --since 2h
  bridgekeeper dispatches --limit 1000 --json | jq -r .message_id

The newest dispatch comes first. The table shows the last characters of each
id, which `result` and `cancel` accept.

States: queued, sent, accepted and running, or unfinished for all four;
completed, failed, timed_out, cancelled and lost.

The daemon must have a store (store.durability in its configuration).

Exit codes: 0 done, 1 the daemon has no store or failed at run time, 2 wrong
usage, 3 the daemon cannot be reached, 4 the token is missing or rejected.)";

struct dispatches_flags {
  client_options client;
  dispatch_query query;
  bool json = false;
};

exit_code fail(const std::string& why, exit_code code) {
  std::cerr << "bridgekeeper dispatches: " << why << "\n";
  return code;
}

/// Prints the list that `target`, which ends with `limit=`, is about.
exit_code print_list(const server_access& access, const std::string& target,
                     const dispatches_flags& flags) {
  auto server = to_string(access.address.server);
  std::vector<std::string> rows;
  auto left = flags.query.limit;
  std::string after;
  while (left > 0) {
    auto reply = ask_daemon(
        access, target + std::to_string(std::min(left, most_per_page)) + after);
    if (reply.loss)
      return fail(reply.loss->sentence, reply.loss->code);
    if (reply.status != 200)
      return fail(describe_refusal(reply, server, "GET /control/dispatches"),
                  exit_code::failure);
    auto page = parse_dispatch_page(reply.body);
    if (!page)
      return fail(
          "The daemon at " + server + " sent a list that cannot be read ("
              + to_string(page.error()) + "). Is Bridgekeeper listening there?",
          exit_code::failure);
    left -= std::min(left, page->rows.size());
    for (auto& row : page->rows)
      if (flags.json)
        std::cout << printable_json(row) << "\n";
      else
        rows.push_back(std::move(row));
    if (!page->next || page->rows.empty())
      break;
    after = "&after=" + percent_encoded(*page->next);
  }
  if (flags.json)
    return exit_code::ok;
  if (rows.empty())
    std::cerr << "No dispatch matches.\n";
  else
    std::cout << dispatch_table(rows);
  return exit_code::ok;
}

exit_code run(const dispatches_flags& flags) {
  auto target = make_list_target(flags.query, wall_clock_now());
  if (!target)
    return fail(target.error().detail, exit_code::usage);
  auto access = find_access(flags.client);
  if (!access)
    return fail(to_string(access.error()), to_exit_code(access.error()));
  return print_list(*access, *target, flags);
}

} // namespace

void add_dispatches(CLI::App& app, command_outcome& out) {
  auto command = app.add_subcommand("dispatches", "List the dispatches.");
  auto flags = std::make_shared<dispatches_flags>();
  command
      ->add_option("--state", flags->query.states,
                   "Only dispatches in one of these states")
      ->check(choices("queued, sent, accepted, running, unfinished, completed, "
                      "failed, timed_out, cancelled, lost"))
      ->type_name("S[,S]");
  command
      ->add_option("--agent", flags->query.agent,
                   "Only dispatches to the agent")
      ->type_name("ID");
  command
      ->add_option("--since", flags->query.since,
                   wrap_help("Only dispatches created since this time "
                             "(2026-01-31T12:00:00Z) or in this period (2h)"))
      ->type_name("TIME");
  command
      ->add_option("--limit", flags->query.limit,
                   "At most this many dispatches; default: 50")
      ->check(
          CLI::Range(std::size_t{1}, std::size_t{1'000'000}).description(""))
      ->type_name("N");
  command->add_flag("--json", flags->json,
                    "Print each dispatch as one line of JSON");
  add_client_options(*command, flags->client, "http://127.0.0.1:8000");
  add_context_option(*command, flags->client);
  command->footer(dispatches_footer);
  command->callback([&out, flags] { out.code = run(*flags); });
}

} // namespace bridgekeeper::app
