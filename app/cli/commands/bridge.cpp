#include "app/bridge/agent_name.hpp"
#include "app/bridge/bridge_client.hpp"
#include "app/cli/commands.hpp"
#include "app/cli/version.hpp"
#include "app/client/client_options.hpp"
#include "app/daemon/log/logging.hpp"
#include "app/text/utf8_text.hpp"
#include "domain/ids.hpp"
#include "domain/limits.hpp"
#include "protocol/json_writer.hpp"

#include <CLI/CLI.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <spdlog/spdlog.h>

#include <csignal>
#include <filesystem>
#include <iostream>
#include <memory>
#include <stdexcept>

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

SIGTERM and SIGINT stop the bridge. Its tasks are terminated, unless it drains
(--drain-timeout); a second signal kills them. If the daemon cannot be reached,
the bridge keeps running, as do its tasks, and retries.

Exit codes: 0 stopped by a signal, 1 failed at run time, 2 wrong usage or a
--state-dir that cannot be used, 4 the token is missing or rejected, 7 another
bridge has taken over the agent's id, 8 the daemon rejected the registration. A
service manager should not restart the bridge after 2, 4, 7 or 8; for systemd:
RestartPreventExitStatus=2 4 7 8.)";

struct bridge_flags {
  client_options client;
  std::string id;
  std::string command;
  std::string workdir;
  std::vector<std::string> capabilities;
  seconds heartbeat{30};
  seconds task_timeout{0};
  std::size_t max_tasks = 1;
  std::vector<std::string> labels;
  std::string state_dir;
  seconds drain_timeout{0};
};

std::chrono::milliseconds to_milliseconds(seconds x) {
  return std::chrono::ceil<std::chrono::milliseconds>(x);
}

/// Rejects the empty text that `--id "$NAME"` passes if the shell variable is
/// not set.
std::string complaint_about_nothing(const std::string& text) {
  return text.empty() ? "expected text, got nothing" : "";
}

/// Turns `key=value` flags into labels.
result<agent_labels> make_labels(const std::vector<std::string>& flags) {
  agent_labels out;
  auto refused = [](const std::string& flag, const std::string& why) {
    return failure{errc::bad_request, "\"" + flag + "\" " + why};
  };
  for (const auto& flag : flags) {
    auto end = flag.find('=');
    auto key = flag.substr(0, end);
    if (end == std::string::npos || !is_valid_label_key(key))
      return refused(flag, "is not a label. Set --label to KEY=VALUE with a "
                           "key of 1 to 63 letters, digits or ._/-.");
    auto value = flag.substr(end + 1);
    if (value.size() > max_label_value_length || repair_utf8(value) != value)
      return refused(flag, "has an invalid value. Values of labels are UTF-8 "
                           "of at most 128 bytes.");
    if (!out.emplace(key, value).second)
      return refused(flag, "names a label that has a value already. Name "
                           "each label once.");
  }
  if (out.size() > max_agent_labels)
    return failure{errc::bad_request, "There are " + std::to_string(out.size())
                                          + " labels. Set --label at most "
                                          + std::to_string(max_agent_labels)
                                          + " times."};
  return out;
}

/// What the bridge tells a daemon that speaks protocol 1.1.
registration_terms make_terms(const bridge_flags& flags, agent_labels labels) {
  registration_terms out;
  out.instance = instance_id{make_uuid()};
  out.slots = static_cast<std::uint16_t>(flags.max_tasks);
  out.labels = std::move(labels);
  out.heartbeat_interval = to_milliseconds(flags.heartbeat);
  return out;
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
  auto labels = make_labels(flags.labels);
  if (!labels)
    return labels.error();
  // A bridge may be started before its daemon.
  auto access = find_access(flags.client, absent_daemon::is_waited_for);
  if (!access)
    return access.error();
  auto workdir = fs::canonical(flags.workdir.empty() ? "." : flags.workdir, ec);
  bridge_options out;
  out.link.announcement = {
      agent_id{id},
      access->token,
      flags.capabilities,
      workdir.string(),
      json_object{protocol::json_writer{}
                      .string("client", "bridgekeeper bridge")
                      .string("version", version())
                      .string("hostname", host_name())
                      .finish()},
      make_terms(flags, std::move(*labels))};
  out.link.access = std::move(*access);
  out.link.heartbeat = to_milliseconds(flags.heartbeat);
  out.tasks = {flags.command, flags.workdir.empty() ? "" : workdir.string(),
               to_milliseconds(flags.task_timeout)};
  out.max_tasks = flags.max_tasks;
  out.drain_timeout = to_milliseconds(flags.drain_timeout);
  return out;
}

/// The first signal stops or drains the bridge, the second kills its tasks.
/// SIGUSR1 and SIGUSR2 are ignored: without a handler they would end the
/// process and leave its tasks running.
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

/// The results of earlier processes, if there is a directory for them. Throws
/// `std::runtime_error` if it cannot be used.
kept_results find_results(const std::string& state_dir, const agent_id& agent) {
  return state_dir.empty()
             ? kept_results{}
             : kept_results{std::make_unique<result_files>(state_dir, agent)};
}

exit_code run(bridge_options options, kept_results results) {
  // A command may exit without reading its task. Writing to the closed pipe
  // must not end the bridge.
  std::signal(SIGPIPE, SIG_IGN);
  boost::asio::io_context context{1};
  auto code = exit_code::ok;
  bridge_client bridge{context, std::move(options), std::move(results),
                       [&](exit_code x) {
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
  command
      ->add_option("--label", flags->labels,
                   "A label of the agent; may be repeated")
      ->type_name("KEY=VALUE")
      ->allow_extra_args(false);
  command
      ->add_option("--state-dir", flags->state_dir,
                   "Directory for results that the daemon has not "
                   "acknowledged. Default: they are kept in memory")
      ->check(complaint_about_nothing)
      ->type_name("DIR");
  add_duration(*command, "--drain-timeout", flags->drain_timeout, seconds{0},
               "Time to finish tasks when the bridge is stopped. Default: 0 "
               "(tasks are terminated)");
  command->footer(bridge_footer);
  command->callback([&out, flags] {
    auto options = make_options(*flags);
    if (!options) {
      std::cerr << "bridgekeeper bridge: " << to_string(options.error())
                << "\n";
      out.code = to_exit_code(options.error());
      return;
    }
    set_up_logging({.level = "info", .format = "text"});
    kept_results results;
    try {
      results =
          find_results(flags->state_dir, options->link.announcement.agent);
    } catch (const std::runtime_error& e) {
      std::cerr << "bridgekeeper bridge: " << e.what() << "\n";
      // Nothing was started, and another attempt would fail in the same way.
      out.code = exit_code::usage;
      return;
    }
    out.code = run(std::move(*options), std::move(results));
  });
}

} // namespace bridgekeeper::app
