#include "app/cli/commands.hpp"
#include "app/client/fleet_request.hpp"
#include "app/command_line/client_flags.hpp"
#include "app/command_line/help_format.hpp"

#include <CLI/CLI.hpp>

#include <iostream>
#include <memory>
#include <optional>
#include <string>

namespace bridgekeeper::app {

namespace {

constexpr const char* cordon_footer = R"(Examples:
  bridgekeeper cordon shop-1
  bridgekeeper cordon --all

A cordoned agent stays connected and finishes the dispatches that it has. It is
sent nothing new, and `dispatch --require` does not choose it. Dispatches to it
are accepted and wait. The agent stays cordoned when its bridge reconnects and
when the daemon restarts, until you use `bridgekeeper uncordon`.

The command needs a token with the scope admin.

Exit codes: 0 done, 1 the agent is unknown, or failed at run time, 2 wrong
usage, 3 the daemon cannot be reached, 4 the token is missing or rejected.)";

constexpr const char* drain_footer = R"(Examples:
  bridgekeeper drain shop-1 --wait
  bridgekeeper drain --all

The agent is cordoned: see `bridgekeeper cordon`. When it has finished the
dispatches that it has, the daemon closes its link. Of the dispatches that still
wait for the agent, those with a queue timeout and those that are tried again go
on waiting; the others end with an error. If the bridge connects again, the
agent is still cordoned, and its link is not closed again.

Ctrl-C only ends the wait of --wait; the drain continues.

The command needs a token with the scope admin.

Exit codes: 0 done, 1 the agent is unknown, or failed at run time, 2 wrong
usage, 3 the daemon cannot be reached, 4 the token is missing or rejected.)";

constexpr const char* uncordon_footer = R"(Examples:
  bridgekeeper uncordon shop-1
  bridgekeeper uncordon --all

The agent is sent dispatches again, first those that have waited for it. A drain
that has not been completed is cancelled.

The command needs a token with the scope admin.

Exit codes: 0 done, 1 the agent is unknown, or failed at run time, 2 wrong
usage, 3 the daemon cannot be reached, 4 the token is missing or rejected.)";

struct duty_flags {
  client_options client;
  std::optional<std::string> agent;
  bool all = false;
  bool wait = false;
};

exit_code run(const std::string& name, agent_duty duty,
              const duty_flags& flags) {
  if (flags.agent.has_value() == flags.all) {
    std::cerr << "bridgekeeper " << name
              << ": name either an agent or --all.\n";
    return exit_code::usage;
  }
  auto access = find_access(flags.client);
  if (!access) {
    std::cerr << "bridgekeeper " << name << ": " << to_string(access.error())
              << "\n";
    return to_exit_code(access.error());
  }
  auto outcome = change_duty(*access, flags.agent, duty, flags.wait);
  (outcome.code == exit_code::ok ? std::cout : std::cerr)
      << outcome.sentence << "\n";
  return outcome.code;
}

void add_duty(CLI::App& app, command_outcome& out, agent_duty duty,
              const char* name, const char* help, const char* footer) {
  auto command = app.add_subcommand(name, help);
  auto flags = std::make_shared<duty_flags>();
  command->add_option("ID", flags->agent, "The agent")->type_name("");
  command->add_flag("--all", flags->all, "All known agents");
  if (duty == agent_duty::draining)
    command->add_flag("--wait", flags->wait,
                      wrap_help("Wait until the links of the agents are "
                                "closed"));
  add_client_options(*command, flags->client, "http://127.0.0.1:8000");
  add_context_option(*command, flags->client);
  command->footer(footer);
  command->callback([&out, flags, duty, name = std::string{name}] {
    out.code = run(name, duty, *flags);
  });
}

} // namespace

void add_cordon(CLI::App& app, command_outcome& out) {
  add_duty(app, out, agent_duty::cordoned, "cordon",
           "Send an agent no new dispatches.", cordon_footer);
}

void add_drain(CLI::App& app, command_outcome& out) {
  add_duty(app, out, agent_duty::draining, "drain",
           "Let an agent finish, then close its link.", drain_footer);
}

void add_uncordon(CLI::App& app, command_outcome& out) {
  add_duty(app, out, agent_duty::working, "uncordon",
           "Send an agent dispatches again.", uncordon_footer);
}

} // namespace bridgekeeper::app
