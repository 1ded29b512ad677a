#include "app/bridge/bridge_check.hpp"

#include "app/adapters/agent_command.hpp"
#include "app/bridge/command_lookup.hpp"
#include "app/bridge/task_variables.hpp"
#include "app/client/daemon_call.hpp"
#include "app/text/utf8_text.hpp"
#include "protocol/json_document.hpp"

#include <boost/algorithm/string/join.hpp>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <cctype>
#include <optional>
#include <ostream>
#include <string>
#include <string_view>

namespace bridgekeeper::app {

namespace {

/// One line of the report. A problem has an exit code.
struct finding {
  std::string_view about;
  std::string text;
  std::optional<exit_code> problem = {};
};

// -- the daemon ---------------------------------------------------------------

finding check_daemon(const bridge_link_options& link) {
  const auto& agent = link.announcement.agent.str();
  auto server = to_string(link.access.address.server);
  auto reply = ask_daemon(link.access, "/ws/agent-bridge/check/" + agent);
  if (reply.status == 403)
    return {"daemon",
            server + " does not let this token register " + agent + ": "
                + error_detail(reply.body)
                + ". Use a token of the scope bridge that is for this agent.",
            exit_code::unauthenticated};
  if (reply.loss)
    return {"daemon", reply.loss->sentence, reply.loss->code};
  if (reply.status == 404)
    return {"daemon", server
                          + " responds, but cannot check tokens. It may be an "
                            "older version, or another program; a bridge may "
                            "be able to register all the same."};
  auto body = protocol::parse_json_document(reply.body);
  if (reply.status != 200 || !body.is_object())
    return {"daemon",
            describe_refusal(reply, server, "GET /ws/agent-bridge/check"),
            exit_code::refused};
  auto text = server + " accepts the token for agent " + agent + ".";
  if (body.value("connected", nlohmann::json{}) == true)
    text += " A bridge is connected under this id; this one would take its "
            "place.";
  return {"daemon", text};
}

// -- the command --------------------------------------------------------------

std::vector<std::string> example_environment(const bridge_options& options) {
  dispatch example{message_id{"the-id-of-the-task"},
                   options.link.announcement.agent,
                   {},
                   {},
                   {},
                   {}};
  return task_environment{current_environment(), options.processes.environment}
      .for_task(options.tasks.place.of_slot(1), own_variables(example, 1));
}

/// Whether `name` is a word of the command, possibly at the end of a path.
bool mentions(std::string_view command, std::string_view name) {
  auto is_part = [](char c) {
    return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_'
           || c == '-' || c == '.';
  };
  for (auto at = command.find(name); at != command.npos;
       at = command.find(name, at + 1)) {
    auto end = at + name.size();
    if ((at == 0 || !is_part(command[at - 1]))
        && (end == command.size() || !is_part(command[end])))
      return true;
  }
  return false;
}

finding check_command(const bridge_options& options,
                      const std::vector<std::string>& variables) {
  const auto& tasks = options.tasks;
  auto found =
      look_up_command(tasks.command, tasks.place.of_slot(1), variables);
  if (found.missing)
    return {"command",
            *found.missing
                + " was not found. Install it, or set PATH with --env-file.",
            exit_code::failure};
  auto completed = complete_command(tasks.agent, tasks.command, {});
  auto text = found.program.empty() ? "a shell command" : found.program;
  text += ", read as " + std::string{to_string(tasks.agent)};
  if (!completed.added.empty())
    text += "; flags added: " + boost::algorithm::join(completed.added, " ");
  auto hint = agent_hint(tasks);
  return {"command", text + "." + (hint.empty() ? "" : " " + hint)};
}

finding describe_places(const bridge_options& options) {
  const auto& place = options.tasks.place;
  auto text = place.of_slot(1);
  if (auto last = place.of_slot(options.max_tasks); last != text)
    text += " to " + last;
  return {"workdir", text + "; up to " + std::to_string(options.max_tasks)
                         + (options.max_tasks == 1 ? " task" : " tasks")
                         + " at a time."};
}

// -- the environment ----------------------------------------------------------

/// Whether the value of this variable may be shown. Any other one may contain a
/// password, and the output of a check is meant to be shown around.
bool is_harmless(std::string_view name) {
  constexpr std::array<std::string_view, 13> names{"HOME",
                                                   "LANG",
                                                   "LOGNAME",
                                                   "PATH",
                                                   "PWD",
                                                   "SHELL",
                                                   "TERM",
                                                   "TZ",
                                                   "TMPDIR",
                                                   "USER",
                                                   "CI",
                                                   "NO_COLOR",
                                                   "GIT_TERMINAL_PROMPT"};
  return std::find(names.begin(), names.end(), name) != names.end()
         || name.starts_with("LC_") || name.starts_with("XDG_")
         || name.starts_with("BRIDGEKEEPER_");
}

void print_environment(const std::vector<std::string>& variables,
                       std::ostream& out) {
  out << "A task would see:\n";
  for (const auto& entry : variables) {
    auto name = entry.substr(0, entry.find('='));
    out << "  "
        << (is_harmless(name) ? printable(entry) : name + "=(not shown)")
        << "\n";
  }
}

} // namespace

std::string agent_hint(const task_options& tasks) {
  if (tasks.agent != agent_kind::command)
    return {};
  for (auto agent : {agent_kind::claude, agent_kind::codex, agent_kind::gemini,
                     agent_kind::opencode, agent_kind::aider})
    if (std::string name{to_string(agent)}; mentions(tasks.command, name))
      return "The command mentions " + name
             + ", but its output is read as plain text. If it runs " + name
             + ", say so with --agent " + name
             + " and give the flags for its output yourself.";
  return {};
}

std::optional<std::string> missing_program(const bridge_options& options) {
  return look_up_command(options.tasks.command, options.tasks.place.of_slot(1),
                         example_environment(options))
      .missing;
}

exit_code check_bridge(const bridge_options& options, std::ostream& out) {
  auto code = exit_code::ok;
  auto variables = example_environment(options);
  for (const auto& x :
       {check_daemon(options.link), check_command(options, variables),
        describe_places(options)}) {
    out << (x.problem ? "PROBLEM " : "ok      ") << x.about << ": " << x.text
        << "\n";
    if (code == exit_code::ok)
      code = x.problem.value_or(exit_code::ok);
  }
  print_environment(variables, out);
  return code;
}

} // namespace bridgekeeper::app
