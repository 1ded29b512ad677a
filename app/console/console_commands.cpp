#include "app/console/console_commands.hpp"

#include "app/text/text_table.hpp"

#include <algorithm>
#include <array>
#include <sstream>
#include <string>
#include <utility>

namespace bridgekeeper::console {

namespace {

using session = console_session_state;

constexpr std::array table{
    console_command{"actors", "",
                    "all actors: name, id, thread, mailbox, handled, age", 0, 0,
                    operand::none, &session::show_actors},
    console_command{"agents", "",
                    "all known agents, and whether they are connected", 0, 0,
                    operand::none, &session::show_agents},
    console_command{"agent", "ID",
                    "one agent: incarnation, heartbeats, pending dispatches", 1,
                    1, operand::agent, &session::show_agent},
    console_command{
        "explain", "ID",
        "why an agent or a dispatch is as it is, and what to do next", 1, 1,
        operand::agent_or_dispatch, &session::explain},
    console_command{"pending", "", "all dispatches that bridges have", 0, 0,
                    operand::none, &session::show_pending},
    // `--json` does not reach the daemon: the operator's end has it.
    console_command{"events", "[ID] [--json]",
                    "live events of one agent or of all, until Ctrl-C", 0, 1,
                    operand::agent, &session::show_events},
    console_command{
        "trace", "ID [--json]",
        "live events of an agent, or of a dispatch until it ends; a part "
        "of the id is enough",
        1, 1, operand::agent_or_dispatch, &session::trace},
    console_command{"mailboxes", "",
                    "messages that wait for the core actors, and the fullest "
                    "mailboxes of others",
                    0, 0, operand::none, &session::show_mailboxes},
    console_command{"slow", "", "handlers that took 1 ms or longer", 0, 0,
                    operand::none, &session::show_slow},
    console_command{"heap", "", "memory: of malloc, and of what is limited", 0,
                    0, operand::none, &session::show_heap},
    console_command{"threads", "", "the I/O threads", 0, 0, operand::none,
                    &session::show_threads},
    console_command{"stats", "", "counters since the start", 0, 0,
                    operand::none, &session::show_stats},
    console_command{"evict", "ID", "close an agent's connection (4003)", 1, 1,
                    operand::agent, &session::evict},
    console_command{"cordon", "ID|all",
                    "send an agent nothing new; it finishes its work", 1, 1,
                    operand::agents, &session::cordon},
    console_command{"drain", "ID|all",
                    "the same, and close its connection when it has finished",
                    1, 1, operand::agents, &session::drain},
    console_command{"uncordon", "ID|all", "send an agent dispatches again", 1,
                    1, operand::agents, &session::uncordon},
    console_command{
        "kill-actor", "NAME",
        "fault drill: kill registry, dispatcher, event-hub, heartbeat-monitor, "
        "supervisor or audit-trail",
        1, 1, operand::core_actor, &session::kill_actor},
    console_command{"log", "LEVEL", "trace, debug, info, warning, error, off",
                    1, 1, operand::log_level, &session::set_log_level},
    console_command{"help", "", "this list", 0, 0, operand::none,
                    &session::show_help},
};

} // namespace

std::span<const console_command> console_commands() noexcept {
  return table;
}

const console_command* find_command(std::string_view name) noexcept {
  auto pos = std::find_if(table.begin(), table.end(),
                          [&](const auto& x) { return x.name == name; });
  return pos == table.end() ? nullptr : &*pos;
}

console_session_state::words split(const std::string& line) {
  std::istringstream in{line};
  console_session_state::words out;
  for (std::string word; in >> word;)
    out.push_back(std::move(word));
  return out;
}

void console_session_state::show_help(const words&, answer to) {
  text_table out{{"COMMAND", "WHAT"}};
  for (const auto& x : table)
    out.add({std::string{x.name}
                 + (x.arguments.empty() ? "" : " " + std::string{x.arguments}),
             std::string{x.help}});
  out.add({"quit", "leave the console; or press Ctrl-D"});
  to.deliver(out.str());
}

} // namespace bridgekeeper::console
