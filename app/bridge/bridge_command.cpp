#include "app/bridge/bridge_command.hpp"

#include "app/adapters/agent_command.hpp"
#include "app/bridge/bridge_check.hpp"
#include "app/bridge/bridge_client.hpp"
#include "app/bridge/bridge_flags.hpp"
#include "app/command_line/command_tree.hpp"
#include "app/command_line/flags_from_file.hpp"
#include "app/log/logging.hpp"
#include "app/processes/hangup.hpp"
#include "app/processes/secrets.hpp"
#include "app/text/utf8_text.hpp"
#include "log/log_line.hpp"

#include <CLI/CLI.hpp>
#include <boost/algorithm/string/join.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>

#include <csignal>
#include <iostream>
#include <memory>
#include <stdexcept>
#include <string>
#include <unistd.h>

namespace bridgekeeper::app {

namespace {

constexpr const char* bridge_footer = R"(For each task, /bin/sh -c runs COMMAND:
  standard input   the task's text
  standard output  Claude Code, Codex, Gemini CLI, opencode and aider are
                   understood: their text and tools are progress, and their
                   answer, usage, cost and session are the result. For other
                   commands, each line is progress, and the whole output is
                   the answer
  standard error   explains an exit status other than 0
  environment      BRIDGEKEEPER_MESSAGE_ID, BRIDGEKEEPER_AGENT_ID,
                   BRIDGEKEEPER_CONTEXT (JSON), BRIDGEKEEPER_SLOT, for
                   follow-ups BRIDGEKEEPER_AGENT_SESSION_ID, and TRACEPARENT
                   if the task belongs to a trace; never the token

Examples:
  bridgekeeper bridge --exec 'claude --print'
  bridgekeeper bridge --id echo --exec cat
  bridgekeeper bridge --url wss://keeper.example.com \
    --token-file ~/.bridgekeeper-token --workdir ~/src/shop \
    --capability rust --exec 'codex exec --sandbox workspace-write'
  bridgekeeper bridge --config mac-1.toml --check

SIGTERM, SIGINT, SIGQUIT and (except under nohup) SIGHUP stop the bridge. Its
tasks are terminated, unless it drains (--drain-timeout); a second signal kills
them. If the daemon cannot be reached, the bridge keeps running, as do its
tasks, and retries.

Exit codes: 0 stopped by a signal, 1 failed at run time, 2 wrong usage or a
file or directory that cannot be used, 4 the token is missing or rejected, 7
another bridge has taken over the agent's id, 8 the daemon rejected the
registration. A service manager should not restart the bridge after 2, 4, 7 or
8; for systemd: RestartPreventExitStatus=2 4 7 8.)";

/// The first signal stops or drains the bridge, the second kills its tasks.
/// SIGUSR1 and SIGUSR2 are ignored: without a handler they would end the
/// process and leave its tasks running.
void stop_on_signal(boost::asio::signal_set& signals, bridge_client& bridge) {
  signals.async_wait([&](boost::system::error_code ec, int number) {
    if (ec)
      return;
    if (number == SIGUSR1 || number == SIGUSR2) {
      log::warn("signal {} is ignored", number);
    } else {
      log::info("stopping on signal {}", number);
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

/// Says what the command's output is taken for, and what may be wrong with it.
void log_command(const bridge_options& options) {
  const auto& tasks = options.tasks;
  auto added = complete_command(tasks.agent, tasks.command, {}).added;
  log::info("the command's output is read as {}{}",
            tasks.agent == agent_kind::command
                ? "plain text"
                : "that of " + std::string{to_string(tasks.agent)},
            added.empty()
                ? ""
                : "; flags added: " + boost::algorithm::join(added, " "));
  if (auto hint = agent_hint(tasks); !hint.empty())
    log::warn("{}", hint);
  if (auto missing = missing_program(options))
    log::warn("{} was not found; tasks fail until it is installed, or until "
              "PATH is set with --env-file",
              printable(*missing));
}

exit_code run(bridge_options options, kept_results results,
              service_notifier notifier) {
  // A command may exit without reading its task. Writing to the closed pipe
  // must not end the bridge.
  std::signal(SIGPIPE, SIG_IGN);
  boost::asio::io_context context{1};
  auto code = exit_code::ok;
  bridge_client bridge{context, std::move(options), std::move(results),
                       std::move(notifier), [&](exit_code x) {
                         code = x;
                         context.stop();
                       }};
  boost::asio::signal_set signals{context};
  for (auto number : {SIGINT, SIGTERM, SIGQUIT, SIGUSR1, SIGUSR2})
    signals.add(number);
  // Under nohup, the bridge survives the end of its terminal.
  if (!ignores_hangup())
    signals.add(SIGHUP);
  stop_on_signal(signals, bridge);
  bridge.start();
  context.run();
  return code;
}

exit_code run(CLI::App& command, bridge_flags& flags) {
  if (!flags.config.empty())
    set_flags_from_file(command, flags.config);
  // `bridgekeeper bridge`, or the program of its own.
  auto refuse = [&command](const std::string& why) {
    std::cerr << full_name(command) << ": " << why << "\n";
  };
  // Kept for the log, whose format the flags choose.
  std::string warning;
  auto options = make_bridge_options(
      flags, [&warning](const std::string& x) { warning = x; });
  // Tasks must not be able to read the token in /proc.
  erase_secrets();
  if (!options) {
    refuse(to_string(options.error()));
    return to_exit_code(options.error());
  }
  if (flags.check) {
    if (!warning.empty())
      print_warning(warning);
    return check_bridge(*options, std::cout);
  }
  set_up_logging({.level = flags.log_level, .format = flags.log_format});
  if (!warning.empty())
    log::warn("{}", printable(warning));
  kept_results results;
  try {
    results = find_results(flags.state_dir, options->link.announcement.agent);
  } catch (const std::runtime_error& error) {
    refuse(error.what());
    // Nothing was started, and another attempt would fail in the same way.
    return exit_code::usage;
  }
  log_command(*options);
  service_notifier notifier{current_environment(), ::getpid()};
  // They are not meant for the task supervisor.
  forget_service_variables();
  return run(std::move(*options), std::move(results), std::move(notifier));
}

} // namespace

void set_up_bridge(CLI::App& command, command_outcome& out) {
  auto flags = std::make_shared<bridge_flags>();
  add_bridge_flags(command, *flags);
  command.footer(bridge_footer);
  command.callback(
      [&out, &command, flags] { out.code = run(command, *flags); });
}

} // namespace bridgekeeper::app
