#include "app/cli/commands.hpp"
#include "app/cli/dispatch_id_flag.hpp"
#include "app/client/client_options.hpp"
#include "app/client/result_inquiry.hpp"
#include "app/command_line/client_flags.hpp"

#include <CLI/CLI.hpp>

#include <iostream>
#include <memory>

namespace bridgekeeper::app {

namespace {

constexpr const char* result_footer = R"(Examples:
  id=$(bridgekeeper dispatch shop-1 'Add a test for the cart')
  bridgekeeper result "$id" --wait
  bridgekeeper result "$id" --json | jq .timings
  bridgekeeper result 5e8d1b64 --history

The answer goes to standard output. A result that arrived after the dispatch had
ended follows; a line on standard error says so.

A daemon with a store also accepts the first or the last characters of an id, at
least 4, as `bridgekeeper dispatches` prints them. A daemon without one
remembers only the most recent dispatches (events.finished_dispatches in its
configuration) since it was started.

Exit codes: 0 done, 1 failed at run time, 2 wrong usage, 3 the daemon cannot be
reached, 4 the token is missing or rejected, 5 the dispatch ended in an error or
is unknown, 6 timed out, or no answer yet.)";

struct result_flags {
  client_options client;
  result_question question;
};

exit_code run(const result_flags& flags) {
  if (flags.question.json && flags.question.history) {
    std::cerr << "bridgekeeper result: --json and --history cannot be "
                 "combined. The JSON contains the history.\n";
    return exit_code::usage;
  }
  auto access = find_access(flags.client);
  if (!access) {
    std::cerr << "bridgekeeper result: " << to_string(access.error()) << "\n";
    return to_exit_code(access.error());
  }
  return result_inquiry{std::move(*access), flags.question}.run();
}

} // namespace

void add_result(CLI::App& app, command_outcome& out) {
  auto command =
      app.add_subcommand("result", "Print the result of a dispatch.");
  auto flags = std::make_shared<result_flags>();
  add_dispatch_id(*command, "MESSAGE_ID", flags->question.message_id);
  command->add_flag("--wait", flags->question.wait,
                    "Wait for the dispatch to end");
  command->add_flag("--json", flags->question.json,
                    "Print the response of GET /control/dispatches/MESSAGE_ID");
  command->add_flag("--history", flags->question.history,
                    "Print the steps of the dispatch, not the answer");
  add_client_options(*command, flags->client, "http://127.0.0.1:8000");
  add_context_option(*command, flags->client);
  command->footer(result_footer);
  command->callback([&out, flags] { out.code = run(*flags); });
}

} // namespace bridgekeeper::app
