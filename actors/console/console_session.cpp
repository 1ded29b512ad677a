#include "actors/console/console_session.hpp"

#include "actors/caf_compat.hpp"
#include "actors/console/console_tail.hpp"
#include "actors/console/text_table.hpp"

#include <caf/exit_reason.hpp>
#include <caf/scheduled_actor.hpp>
#include <caf/send.hpp>

#include <array>
#include <fstream>
#include <sstream>
#include <utility>

namespace bridgekeeper::actors {

namespace {

using std::chrono::milliseconds;
using words = console_session_state::words;
using answer = console_session_state::answer;

struct command {
  std::string_view name;
  std::string_view arguments;
  std::string_view help;
  std::size_t least;
  std::size_t most;
  void (console_session_state::*run)(const words&, answer);
};

constexpr std::array commands{
    command{"actors", "",
            "every actor: name, id, thread, mailbox, handled, age", 0, 0,
            &console_session_state::show_actors},
    command{"agents", "", "every agent ever seen, and whether it is connected",
            0, 0, &console_session_state::show_agents},
    command{"agent", "ID", "one agent: incarnation, rhythm, pending dispatches",
            1, 1, &console_session_state::show_agent},
    command{"pending", "", "every dispatch that has not ended", 0, 0,
            &console_session_state::show_pending},
    command{"threads", "", "the I/O threads", 0, 0,
            &console_session_state::show_threads},
    command{"stats", "", "what happened since the start", 0, 0,
            &console_session_state::show_stats},
    command{"evict", "ID", "close an agent's connection (4003)", 1, 1,
            &console_session_state::evict},
    command{"kill-actor", "NAME",
            "fault drill: kill registry, event-hub or heartbeat-monitor", 1, 1,
            &console_session_state::kill_actor},
    command{"log", "LEVEL", "trace, debug, info, warning, error, off", 1, 1,
            &console_session_state::set_log_level},
    command{"help", "", "this list", 0, 0, &console_session_state::show_help},
};

std::string seconds_text(milliseconds x) {
  std::array<char, 32> buf;
  auto length = std::snprintf(buf.data(), buf.size(), "%.1f s",
                              static_cast<double>(x.count()) / 1000.0);
  return {buf.data(), static_cast<std::size_t>(length)};
}

words split(const std::string& line) {
  std::istringstream in{line};
  words out;
  for (std::string word; in >> word;)
    out.push_back(std::move(word));
  return out;
}

/// The operator asked for something that does not exist.
caf::error misuse(std::string what) {
  return to_error(failure{errc::invalid_message, std::move(what)});
}

/// Fails a command with what another actor said, in our vocabulary: CAF's own
/// errors mean nothing to an operator.
void fail(answer& to, const caf::error& error) {
  to.deliver(to_error(to_failure(error)));
}

std::string report_text(const agent_report& x) {
  std::ostringstream out;
  out << "agent            " << x.agent.str() << "\n"
      << "incarnation      " << to_number(x.number) << "\n"
      << "thread           io-" << x.thread << "\n"
      << "silent for       " << seconds_text(x.silent_for) << " of "
      << seconds_text(x.silence_allowed) << " allowed\n"
      << "heartbeats       " << x.beats << ", longest of the last gaps "
      << seconds_text(x.longest_gap) << "\n"
      << "to be written    " << x.queued_bytes << " bytes in "
      << x.queued_frames << " frames\n"
      << "pending          " << x.pending.size() << "\n";
  for (const auto& dispatch : x.pending)
    out << "  " << dispatch.message.str() << "  age "
        << seconds_text(dispatch.age) << "  remaining "
        << seconds_text(dispatch.remaining) << "\n";
  return out.str();
}

std::size_t resident_bytes() {
  std::ifstream in{"/proc/self/statm"};
  std::size_t total = 0;
  std::size_t resident = 0;
  in >> total >> resident;
  return resident * 4096;
}

/// Collects the reports of many agents; done when the last holder is gone.
struct report_round {
  answer to;
  text_table table{{"AGENT", "MESSAGE", "AGE", "REMAINING"}};

  explicit report_round(answer promise) : to(std::move(promise)) {}

  report_round(const report_round&) = delete;
  report_round& operator=(const report_round&) = delete;

  ~report_round() {
    to.deliver(table.empty() ? std::string{"nothing is pending\n"}
                             : table.str());
  }
};

} // namespace

console_session_state::~console_session_state() {
  on_untail();
}

console_session_actor::behavior_type console_session_state::make_behavior() {
  return {
      [this](run_atom, const std::string& line) { return on_command(line); },
      [this](tail_atom, const std::string& agent) { on_tail(agent); },
      [this](untail_atom) { on_untail(); },
  };
}

caf::result<std::string>
console_session_state::on_command(const std::string& line) {
  auto given = split(line);
  if (given.empty())
    return std::string{};
  auto verb = std::move(given.front());
  given.erase(given.begin());
  for (const auto& x : commands) {
    if (x.name != verb)
      continue;
    if (given.size() < x.least || given.size() > x.most)
      return misuse("usage: " + std::string{x.name} + " "
                    + std::string{x.arguments});
    auto promise = self->make_response_promise<std::string>();
    (this->*x.run)(given, promise);
    return promise;
  }
  return misuse("there is no command \"" + verb + "\"; type help");
}

template <class Next>
void console_session_state::with_core(answer to, Next next) {
  self->request(world->supervisor, caf::infinite, core_atom_v)
      .then(std::move(next),
            [to](const caf::error& error) mutable { fail(to, error); });
}

void console_session_state::show_actors(const words&, answer to) {
  text_table out{{"NAME", "ID", "THREAD", "MAILBOX", "HANDLED", "AGE"}};
  for (const auto& x : world->people->rows())
    out.add({x.name, std::to_string(x.id),
             x.thread ? "io-" + std::to_string(*x.thread) : "pool",
             std::to_string(x.mailbox_depth), std::to_string(x.handled),
             seconds_text(x.age)});
  to.deliver(out.str());
}

void console_session_state::show_agents(const words&, answer to) {
  with_core(to, [this, to](const core_handles& core) {
    self->request(core.registry, caf::infinite, list_atom_v)
        .then(
            [to](const agent_list& agents) mutable {
              text_table out{
                  {"AGENT", "STATUS", "INCARNATION", "SINCE", "WORKDIR"}};
              for (const auto& x : *agents)
                out.add(
                    {x.agent.str(), x.connected ? "connected" : "disconnected",
                     std::to_string(to_number(x.number)),
                     x.connected
                         ? protocol::to_iso8601(x.announced->connected_at)
                         : "-",
                     x.announced ? x.announced->workdir.value_or("-") : "-"});
              to.deliver(out.str());
            },
            [to](const caf::error& error) mutable { fail(to, error); });
  });
}

void console_session_state::show_agent(const words& arguments, answer to) {
  with_core(to, [this, to,
                 id = agent_id{arguments[0]}](const core_handles& core) {
    self->request(core.registry, caf::infinite, report_atom_v, id)
        .then(
            [to](const agent_report& x) mutable { to.deliver(report_text(x)); },
            [to](const caf::error& error) mutable { fail(to, error); });
  });
}

void console_session_state::show_pending(const words&, answer to) {
  with_core(to, [this, to](const core_handles& core) {
    self->request(core.registry, caf::infinite, standing_atom_v)
        .then(
            [this, to](const std::vector<agent_actor>& agents) {
              auto round = std::make_shared<report_round>(to);
              for (const auto& agent : agents)
                self->request(agent, caf::infinite, report_atom_v)
                    .then(
                        [round](const agent_report& x) {
                          for (const auto& dispatch : x.pending)
                            round->table.add(
                                {x.agent.str(), dispatch.message.str(),
                                 seconds_text(dispatch.age),
                                 seconds_text(dispatch.remaining)});
                        },
                        [round](const caf::error&) {
                          // It left meanwhile, and what was pending ended with
                          // it.
                        });
            },
            [to](const caf::error& error) mutable { fail(to, error); });
  });
}

void console_session_state::show_threads(const words&, answer to) {
  text_table out{{"THREAD", "CONNECTIONS", "TURNS", "CPU"}};
  for (const auto& x : world->threads())
    out.add({"io-" + std::to_string(x.index), std::to_string(x.connections),
             std::to_string(x.resumptions), seconds_text(x.cpu)});
  to.deliver(out.str());
}

void console_session_state::show_stats(const words&, answer to) {
  with_core(to, [this, to](const core_handles& core) mutable {
    to.deliver(stats_text(*core.event_backlog));
  });
}

std::string console_session_state::stats_text(std::size_t backlog) const {
  text_table out{{"WHAT", "COUNT"}};
  auto row = [&](const char* what, counter counters::*which) {
    std::uint64_t sum = 0;
    for (const auto* x : world->counts)
      sum += (x->*which).value();
    out.add({what, std::to_string(sum)});
  };
  row("registrations", &counters::registrations);
  row("registrations refused", &counters::refused_registrations);
  row("heartbeats", &counters::heartbeats);
  row("dispatches", &counters::dispatches);
  row("responses", &counters::responses);
  row("progress reports", &counters::progress_reports);
  row("dispatches failed", &counters::failed_dispatches);
  row("invalid frames", &counters::invalid_frames);
  row("forged results dropped", &counters::forged_results);
  row("unknown results dropped", &counters::unknown_results);
  row("agents evicted as stale", &counters::evictions);
  row("slow readers dropped", &counters::overflows);
  row("HTTP requests", &counters::http_requests);
  row("polls let in", &counters::polls);
  row("control requests", &counters::control_requests);
  out.add({"events not handled yet", std::to_string(backlog)});
  out.add({"resident memory, bytes", std::to_string(resident_bytes())});
  auto up = std::chrono::duration_cast<milliseconds>(
      std::chrono::steady_clock::now() - world->started);
  out.add({"running for", seconds_text(up)});
  return out.str();
}

void console_session_state::evict(const words& arguments, answer to) {
  with_core(to, [this, to,
                 id = agent_id{arguments[0]}](const core_handles& core) {
    self->request(core.registry, caf::infinite, evict_atom_v, id)
        .then([to,
               id](bool) mutable { to.deliver(id.str() + " has to leave\n"); },
              [to](const caf::error& error) mutable { fail(to, error); });
  });
}

void console_session_state::kill_actor(const words& arguments, answer to) {
  self->request(world->supervisor, caf::infinite, kill_atom_v, arguments[0])
      .then(
          [to, whom = arguments[0]](bool) mutable {
            to.deliver(whom + " was killed; the supervisor starts another\n");
          },
          [to](const caf::error& error) mutable { fail(to, error); });
}

void console_session_state::set_log_level(const words& arguments, answer to) {
  if (world->set_log_level(arguments[0]))
    to.deliver("logging " + arguments[0] + " from now on\n");
  else
    to.deliver(
        misuse("there is no log level \"" + arguments[0] + "\"; type help"));
}

void console_session_state::show_help(const words&, answer to) {
  text_table out{{"COMMAND", "WHAT"}};
  for (const auto& x : commands)
    out.add({std::string{x.name}
                 + (x.arguments.empty() ? "" : " " + std::string{x.arguments}),
             std::string{x.help}});
  out.add({"events [ID]", "live events, of one agent or of all"});
  out.add({"quit", "leave"});
  to.deliver(out.str());
}

void console_session_state::on_tail(const std::string& agent) {
  on_untail();
  tail =
      spawn_on(self->home_system(), nullptr, console_tail, world, terminal,
               agent.empty() ? std::nullopt : std::optional<agent_id>{agent});
}

void console_session_state::on_untail() {
  if (tail)
    caf::anon_send_exit(tail, caf::exit_reason::user_shutdown);
  tail = nullptr;
}

console_session_actor::behavior_type
console_session(console_session_state::self_type* self,
                std::shared_ptr<const console_world> world,
                console_terminal terminal) {
  self->enrol(world->people, std::nullopt);
  self->state.world = std::move(world);
  self->state.terminal = std::move(terminal);
  // The operator's process is gone: so is the reason to stay.
  self->monitor(self->state.terminal);
  self->set_down_handler([self](const caf::down_msg&) { self->quit(); });
  self->set_default_handler(caf::drop);
  return self->state.make_behavior();
}

} // namespace bridgekeeper::actors
