#include "app/bridge/agent_name.hpp"
#include "app/bridge/bridge_client.hpp"
#include "app/cli/commands.hpp"
#include "app/cli/version.hpp"
#include "app/client/client_options.hpp"
#include "app/daemon/log/logging.hpp"
#include "domain/ids.hpp"
#include "protocol/json_writer.hpp"

#include <CLI/CLI.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <spdlog/spdlog.h>

#include <csignal>
#include <filesystem>
#include <iostream>
#include <memory>

namespace bridgekeeper::app {

namespace {

constexpr const char* bridge_footer = R"(For each task, /bin/sh -c runs COMMAND:
  standard input   the task's text
  standard output  each line is reported as progress, and the whole output is
                   the answer (only its end, if it is too long for a message).
                   If it is one JSON object with a "result", as written by
                   `claude --print --output-format json`, the answer is that
                   result, with its usage and cost
  standard error   the last line explains an exit status other than 0
  environment      BRIDGEKEEPER_MESSAGE_ID, BRIDGEKEEPER_AGENT_ID,
                   BRIDGEKEEPER_CONTEXT (JSON); never the token

Examples:
  bridgekeeper bridge --exec 'claude --print --output-format json'
  bridgekeeper bridge --id echo --exec cat
  bridgekeeper bridge --url ws://10.0.0.5:8000/ws/agent-bridge \
    --token-file ~/.bridgekeeper-token --workdir ~/src/shop \
    --capability rust --capability review --exec ./agent.sh

Exit codes: 0 stopped by a signal, 1 failed at run time, 2 wrong usage, 4 the
token is missing or rejected, 7 another bridge has taken over the agent's id,
8 the daemon rejected the registration. A service manager should not restart the
bridge after 2, 4, 7 or 8; for systemd: RestartPreventExitStatus=2 4 7 8.
If the daemon cannot be reached, the bridge keeps running and retries.)";

struct bridge_flags {
  client_options client;
  std::string id;
  std::string command;
  std::string workdir;
  std::vector<std::string> capabilities;
  seconds heartbeat{30};
  seconds task_timeout{0};
  std::size_t max_tasks = 1;
};

std::chrono::milliseconds to_milliseconds(seconds x) {
  return std::chrono::ceil<std::chrono::milliseconds>(x);
}

/// Rejects the empty text that `--id "$NAME"` passes if the shell variable is
/// not set.
std::string complaint_about_nothing(const std::string& text) {
  return text.empty() ? "expected text, got nothing" : "";
}

/// Turns the flags into options. The failure explains which flag is wrong.
result<bridge_options> make_options(const bridge_flags& flags) {
  namespace fs = std::filesystem;
  std::error_code ec;
  if (!flags.workdir.empty() && !fs::is_directory(flags.workdir, ec))
    return failure{errc::bad_request,
                   "There is no directory " + flags.workdir
                       + ". Name an existing directory with --workdir."};
  auto id = flags.id.empty() ? agent_id_from(host_name()) : flags.id;
  if (!is_valid_agent_id(id))
    return failure{errc::invalid_agent_id,
                   "\"" + id
                       + "\" is not a valid agent id. Set --id to 1 to "
                         "64 letters, digits and hyphens."};
  // A bridge may be started before its daemon.
  auto access = find_access(flags.client, absent_daemon::is_waited_for);
  if (!access)
    return access.error();
  auto workdir = fs::canonical(flags.workdir.empty() ? "." : flags.workdir, ec);
  bridge_options out;
  out.link.announcement = {
      agent_id{id}, access->token, flags.capabilities, workdir.string(),
      json_object{protocol::json_writer{}
                      .string("client", "bridgekeeper bridge")
                      .string("version", version())
                      .string("hostname", host_name())
                      .finish()}};
  out.link.access = std::move(*access);
  out.link.heartbeat = to_milliseconds(flags.heartbeat);
  out.tasks = {flags.command, flags.workdir.empty() ? "" : workdir.string(),
               to_milliseconds(flags.task_timeout)};
  out.max_tasks = flags.max_tasks;
  return out;
}

/// The first signal stops the bridge, the second kills its tasks. SIGUSR1 and
/// SIGUSR2 are ignored: without a handler they would end the process and leave
/// its tasks running.
void stop_on_signal(boost::asio::signal_set& signals, bridge_client& bridge) {
  signals.async_wait([&](boost::system::error_code ec, int number) {
    if (ec)
      return;
    if (number == SIGUSR1 || number == SIGUSR2) {
      spdlog::warn("signal {} is ignored", number);
    } else {
      spdlog::info("stopping on signal {}", number);
      bridge.stop();
    }
    stop_on_signal(signals, bridge);
  });
}

exit_code run(bridge_options options) {
  set_up_logging({.level = "info", .format = "text"});
  // A command may exit without reading its task. Writing to the closed pipe
  // must not end the bridge.
  std::signal(SIGPIPE, SIG_IGN);
  boost::asio::io_context context{1};
  auto code = exit_code::ok;
  bridge_client bridge{context, std::move(options), [&](exit_code x) {
                         code = x;
                         context.stop();
                       }};
  boost::asio::signal_set signals{context};
  for (auto number : {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGUSR1, SIGUSR2})
    signals.add(number);
  stop_on_signal(signals, bridge);
  bridge.start();
  context.run();
  return code;
}

} // namespace

void add_bridge(CLI::App& app, command_outcome& out) {
  auto command = app.add_subcommand(
      "bridge",
      "Connect an agent: run a command for each task from the daemon.");
  auto flags = std::make_shared<bridge_flags>();
  add_client_options(*command, flags->client,
                     "ws://127.0.0.1:8000/ws/agent-bridge");
  add_context_option(*command, flags->client);
  command
      ->add_option("--id", flags->id,
                   "The agent's id. Default: this host's name")
      ->check(complaint_about_nothing)
      ->type_name("AGENT");
  command->add_option("--exec", flags->command, "Command to run for each task")
      ->check(complaint_about_nothing)
      ->type_name("COMMAND")
      ->required();
  command
      ->add_option(
          "--workdir", flags->workdir,
          "Directory in which the command runs. Default: the current one")
      ->type_name("DIR");
  command
      ->add_option("--capability", flags->capabilities,
                   "A capability of the agent; may be repeated")
      ->type_name("WORD")
      ->allow_extra_args(false);
  add_duration(*command, "--heartbeat", flags->heartbeat, seconds{0.1},
               "Heartbeat interval. Default: 30s");
  add_duration(*command, "--task-timeout", flags->task_timeout, seconds{0},
               "Time limit per task. Default: 0 (none)");
  command
      ->add_option("--max-tasks", flags->max_tasks,
                   "Tasks to run at the same time; others wait in order")
      ->check(CLI::Range(1, 1000).description(""))
      ->type_name("COUNT")
      ->capture_default_str();
  command->footer(bridge_footer);
  command->callback([&out, flags] {
    auto options = make_options(*flags);
    if (!options) {
      std::cerr << "bridgekeeper bridge: " << to_string(options.error())
                << "\n";
      out.code = to_exit_code(options.error());
      return;
    }
    out.code = run(std::move(*options));
  });
}

} // namespace bridgekeeper::app
