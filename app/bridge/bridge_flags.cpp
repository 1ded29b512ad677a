#include "app/bridge/bridge_flags.hpp"

#include "app/adapters/agent_program.hpp"
#include "app/bridge/agent_name.hpp"
#include "app/bridge/workplace.hpp"
#include "app/command_line/client_flags.hpp"
#include "app/command_line/help_format.hpp"
#include "app/processes/environment_file.hpp"
#include "app/text/utf8_text.hpp"
#include "domain/ids.hpp"
#include "domain/limits.hpp"
#include "domain/version.hpp"
#include "protocol/json_writer.hpp"

#include <CLI/CLI.hpp>

#include <filesystem>
#include <utility>

namespace bridgekeeper::app {

namespace {

std::chrono::milliseconds to_milliseconds(seconds x) {
  return std::chrono::ceil<std::chrono::milliseconds>(x);
}

/// Rejects the empty text that `--id "$NAME"` passes if the shell variable is
/// not set.
std::string complaint_about_nothing(const std::string& text) {
  return text.empty() ? "expected text, got nothing" : "";
}

CLI::IsMember one_of(std::vector<std::string> words) {
  return CLI::IsMember{std::move(words)};
}

// -- which agent, and what it runs ---------------------------------------------

void add_agent_flags(CLI::App& command, bridge_flags& out) {
  command
      .add_option("--id", out.id, "The agent's id. Default: this host's name")
      ->check(complaint_about_nothing)
      ->type_name("AGENT");
  command.add_option("--exec", out.command, "Command to run for each task")
      ->check(complaint_about_nothing)
      ->type_name("COMMAND");
  command
      .add_option("--agent", out.agent,
                  wrap_help("What COMMAND is: claude, codex, gemini, opencode, "
                            "aider or command. Default: guessed from COMMAND"))
      ->check(
          one_of({"claude", "codex", "gemini", "opencode", "aider", "command"}))
      ->type_name("KIND");
  command
      .add_option("--workdir", out.workdir,
                  wrap_help("Directory in which the command runs; {slot} in it "
                            "is the number of the slot. Default: the current "
                            "one"))
      ->type_name("DIR");
  command
      .add_option("--capability", out.capabilities,
                  "A capability of the agent; may be repeated")
      ->type_name("WORD")
      ->allow_extra_args(false);
  command
      .add_option("--label", out.labels,
                  "A label of the agent; may be repeated")
      ->type_name("KEY=VALUE")
      ->allow_extra_args(false);
}

// -- limits ---------------------------------------------------------------------

void add_limit_flags(CLI::App& command, bridge_flags& out) {
  command
      .add_option("--max-tasks", out.max_tasks,
                  "Tasks to run at the same time; others wait in order")
      ->check(CLI::Range(1, 1000).description(""))
      ->type_name("COUNT")
      ->capture_default_str();
  add_duration(command, "--task-timeout", out.task_timeout, seconds{0},
               "Time limit per task. Default: 0 (none)");
  add_duration(command, "--idle-timeout", out.idle_timeout, seconds{0},
               "End a task that prints nothing for this long. Default: 0 "
               "(never)");
  add_duration(command, "--drain-timeout", out.drain_timeout, seconds{0},
               "Time to finish tasks when the bridge is stopped. Default: 0 "
               "(tasks are terminated)");
  add_duration(command, "--heartbeat", out.heartbeat, seconds{0.1},
               "Heartbeat interval. Default: 30s");
  command
      .add_option("--state-dir", out.state_dir,
                  "Directory for results that the daemon has not "
                  "acknowledged. Default: they are kept in memory")
      ->check(complaint_about_nothing)
      ->type_name("DIR");
}

// -- the processes of a task ------------------------------------------------------

void add_process_flags(CLI::App& command, bridge_flags& out) {
  command
      .add_option("--env-file", out.env_file,
                  "File of NAME=VALUE lines for the environment of tasks")
      ->check(complaint_about_nothing)
      ->type_name("FILE");
  command
      .add_option("--unset-env", out.unset_env,
                  wrap_help("A variable that tasks do not get; NAME* stands "
                            "for all that begin with NAME; may be repeated"))
      ->check(complaint_about_nothing)
      ->type_name("NAME")
      ->allow_extra_args(false);
  command
      .add_option("--stderr", out.standard_error,
                  wrap_help("What happens to the lines that a task writes to "
                            "standard error: progress shows them to the "
                            "requester, log writes them to this bridge's log "
                            "at level debug, drop does neither"))
      ->check(one_of({"progress", "log", "drop"}))
      ->type_name("USE")
      ->capture_default_str();
  command
      .add_option("--leftovers", out.leftovers,
                  wrap_help("What happens to processes that a successful task "
                            "leaves behind: end or keep"))
      ->check(one_of({"end", "keep"}))
      ->type_name("USE")
      ->capture_default_str();
  command
      .add_option("--cgroup", out.cgroup,
                  wrap_help("Whether each task gets a control group, if this "
                            "process may create one: auto or off"))
      ->check(one_of({"auto", "off"}))
      ->type_name("USE")
      ->capture_default_str();
}

// -- the bridge as a program ------------------------------------------------------

void add_program_flags(CLI::App& command, bridge_flags& out) {
  command
      .add_option("--config", out.config,
                  wrap_help("TOML file with flags, such as max-tasks = 4. "
                            "Flags on the command line take precedence"))
      ->check(complaint_about_nothing)
      ->type_name("FILE");
  command.add_flag("--check", out.check,
                   wrap_help("Try the address, the token, the command and the "
                             "directory, print what a task would see, and "
                             "exit. Nothing is registered"));
  command
      .add_option("--log-level", out.log_level,
                  "trace, debug, info, warning, error or off")
      ->check(one_of({"trace", "debug", "info", "warning", "error", "off"}))
      ->type_name("LEVEL")
      ->capture_default_str();
  command
      .add_option("--log-format", out.log_format,
                  wrap_help("text, json, or auto: text on a terminal, "
                            "otherwise json"))
      ->check(one_of({"auto", "text", "json"}))
      ->type_name("FORMAT")
      ->capture_default_str();
}

// -- from flags to options --------------------------------------------------------

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

json_object make_metadata(agent_kind agent) {
  return json_object{protocol::json_writer{}
                         .string("client", "bridgekeeper bridge")
                         .string("version", version())
                         .string("hostname", host_name())
                         .string("agent", to_string(agent))
                         .finish()};
}

/// How the processes of tasks are treated, or which flag is wrong.
result<supervisor_options> make_process_options(const bridge_flags& flags) {
  supervisor_options out;
  out.leftover_policy =
      flags.leftovers == "keep" ? leftovers::keep : leftovers::end;
  out.cgroups = flags.cgroup == "off" ? cgroup_use::off : cgroup_use::automatic;
  out.environment.unset = flags.unset_env;
  if (flags.env_file.empty())
    return out;
  auto variables = read_environment_file(flags.env_file);
  if (!variables)
    return variables.error();
  out.environment.set = std::move(*variables);
  return out;
}

/// A service takes its token from `NAME.env` beside `NAME.toml`, so that is
/// where one is missing.
failure for_service(failure why, const std::string& config) {
  std::error_code ignored;
  auto variables = std::filesystem::path{config}.replace_extension(".env");
  if (why.code != errc::missing_token || config.empty()
      || !std::filesystem::exists(variables, ignored))
    return why;
  return {why.code, why.detail + " If this is a service, put the line "
                        + "BRIDGEKEEPER_TOKEN=… into " + variables.string()
                        + " and restart the service."};
}

stderr_use to_stderr_use(const std::string& word) {
  return word == "progress" ? stderr_use::progress
         : word == "drop"   ? stderr_use::drop
                            : stderr_use::log;
}

} // namespace

void add_bridge_flags(CLI::App& command, bridge_flags& out) {
  add_client_options(command, out.client,
                     "ws://127.0.0.1:8000/ws/agent-bridge");
  add_context_option(command, out.client);
  add_agent_flags(command, out);
  add_limit_flags(command, out);
  add_process_flags(command, out);
  add_program_flags(command, out);
}

result<bridge_options> make_bridge_options(const bridge_flags& flags,
                                           const warning_handler& on_warning) {
  if (flags.command.empty())
    return failure{errc::bad_request,
                   "--exec is required. Name the command that works on a "
                   "task, such as --exec 'claude --print'."};
  auto id = flags.id.empty() ? agent_id_from(host_name()) : flags.id;
  if (!is_valid_agent_id(id))
    return failure{errc::invalid_agent_id,
                   "\"" + id
                       + "\" is not a valid agent id. Set --id to 1 to "
                         "64 letters, digits and hyphens."};
  auto place = find_workplace(flags.workdir, flags.max_tasks);
  if (!place)
    return place.error();
  auto labels = make_labels(flags.labels);
  if (!labels)
    return labels.error();
  auto processes = make_process_options(flags);
  if (!processes)
    return processes.error();
  // A bridge may be started before its daemon.
  auto access =
      find_access(flags.client, absent_daemon::is_waited_for, on_warning);
  if (!access)
    return for_service(access.error(), flags.config);
  auto agent = to_agent_kind(flags.agent).value_or(guess_agent(flags.command));
  bridge_options out;
  out.link.announcement = {
      agent_id{id},         access->token,
      flags.capabilities,   place->pattern(),
      make_metadata(agent), make_terms(flags, std::move(*labels))};
  out.link.access = std::move(*access);
  out.link.heartbeat = to_milliseconds(flags.heartbeat);
  out.tasks = {.agent = agent,
               .command = flags.command,
               .place = std::move(*place),
               .standard_error = to_stderr_use(flags.standard_error),
               .timeout = to_milliseconds(flags.task_timeout),
               .idle_timeout = to_milliseconds(flags.idle_timeout)};
  out.processes = std::move(*processes);
  out.max_tasks = flags.max_tasks;
  out.drain_timeout = to_milliseconds(flags.drain_timeout);
  return out;
}

} // namespace bridgekeeper::app
