#include "app/bridge/bridge_check.hpp"

#include "app/adapters/agent_command.hpp"
#include "app/bridge/command_lookup.hpp"
#include "app/bridge/task_variables.hpp"
#include "app/client/daemon_call.hpp"
#include "app/text/utf8_text.hpp"
#include "protocol/json_document.hpp"

#include <boost/algorithm/string/case_conv.hpp>
#include <boost/algorithm/string/join.hpp>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
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
  auto text = server + " accepts the token for agent " + agent;
  if (body.value("connected", nlohmann::json{}) == true)
    return {"daemon",
            text
                + ". Another bridge is connected under this id; a second one "
                  "would be rejected, so stop it or choose another --id.",
            exit_code::refused};
  return {"daemon", text + "."};
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

finding check_command(const task_options& tasks,
                      const std::vector<std::string>& variables) {
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
  return {"command", text + "."};
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

/// Whether the value of this variable should not be shown.
bool looks_secret(std::string_view name) {
  auto upper = boost::algorithm::to_upper_copy(std::string{name});
  constexpr std::array<std::string_view, 6> marks{
      "TOKEN", "SECRET", "PASSWORD", "PASSWD", "CREDENTIAL", "KEY"};
  return std::any_of(marks.begin(), marks.end(),
                     [&](auto mark) { return upper.find(mark) != upper.npos; });
}

void print_environment(const std::vector<std::string>& variables,
                       std::ostream& out) {
  out << "A task would see:\n";
  for (const auto& entry : variables) {
    auto name = entry.substr(0, entry.find('='));
    out << "  "
        << (looks_secret(name) ? name + "=(not shown)" : printable(entry))
        << "\n";
  }
}

} // namespace

exit_code check_bridge(const bridge_options& options, std::ostream& out) {
  auto code = exit_code::ok;
  auto variables = example_environment(options);
  for (const auto& x :
       {check_daemon(options.link), check_command(options.tasks, variables),
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
