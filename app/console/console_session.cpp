#include "app/console/console_session.hpp"

#include "actors/failure_errors.hpp"
#include "actors/tell.hpp"
#include "app/console/console_report.hpp"
#include "app/console/console_tail.hpp"
#include "app/text/explanation_text.hpp"
#include "app/text/text_table.hpp"

#include <caf/exit_reason.hpp>
#include <caf/scheduled_actor.hpp>
#include <caf/send.hpp>

#include <array>
#include <sstream>
#include <utility>

namespace bridgekeeper::console {

namespace {

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
    command{"actors", "", "all actors: name, id, thread, mailbox, handled, age",
            0, 0, &console_session_state::show_actors},
    command{"agents", "", "all known agents, and whether they are connected", 0,
            0, &console_session_state::show_agents},
    command{"agent", "ID",
            "one agent: incarnation, heartbeats, pending dispatches", 1, 1,
            &console_session_state::show_agent},
    command{"explain", "ID",
            "why an agent or a dispatch is as it is, and what to do next", 1, 1,
            &console_session_state::explain},
    command{"ids", "", {}, 0, 0, &console_session_state::show_ids},
    command{"pending", "", "all unfinished dispatches", 0, 0,
            &console_session_state::show_pending},
    command{"threads", "", "the I/O threads", 0, 0,
            &console_session_state::show_threads},
    command{"stats", "", "counters since the start", 0, 0,
            &console_session_state::show_stats},
    command{"evict", "ID", "close an agent's connection (4003)", 1, 1,
            &console_session_state::evict},
    command{"cordon", "ID|all",
            "send an agent nothing new; it finishes its work", 1, 1,
            &console_session_state::change_duty<agent_duty::cordoned>},
    command{"drain", "ID|all",
            "the same, and close its connection when it has finished", 1, 1,
            &console_session_state::change_duty<agent_duty::draining>},
    command{"uncordon", "ID|all", "send an agent dispatches again", 1, 1,
            &console_session_state::change_duty<agent_duty::working>},
    command{
        "kill-actor", "NAME",
        "fault drill: kill registry, dispatcher, event-hub, heartbeat-monitor, "
        "supervisor or audit-trail",
        1, 1, &console_session_state::kill_actor},
    command{"log", "LEVEL", "trace, debug, info, warning, error, off", 1, 1,
            &console_session_state::set_log_level},
    command{"help", "", "this list", 0, 0, &console_session_state::show_help},
};

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

/// Fails a command with the error of another actor, translated to `errc`,
/// because CAF's own errors mean nothing to an operator.
void fail(answer& to, const caf::error& error) {
  to.deliver(to_error(to_failure(error)));
}

/// Collects the reports of many agents. The destructor delivers the answer,
/// after the last pending request has released its reference.
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

/// The answer to `ids` has about this many bytes at most.
constexpr std::size_t max_ids_text = std::size_t{256} * 1024;

} // namespace

/// Collects ids. The destructor delivers the answer, after the last pending
/// request has released its reference.
struct console_session_state::id_round {
  answer to;
  std::string ids;

  id_round(answer promise, std::string first)
    : to(std::move(promise)), ids(std::move(first)) {}

  id_round(const id_round&) = delete;
  id_round& operator=(const id_round&) = delete;

  ~id_round() {
    to.deliver(std::move(ids));
  }

  void add(const std::string& id) {
    if (ids.size() < max_ids_text)
      ids += id + '\n';
  }
};

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
      return misuse("usage: " + std::string{x.name}
                    + (x.arguments.empty() ? "" : " ")
                    + std::string{x.arguments});
    auto promise = self->make_response_promise<std::string>();
    (this->*x.run)(given, promise);
    return promise;
  }
  return misuse("unknown command \"" + verb + "\"; type help");
}

template <class Next>
void console_session_state::with_core(answer to, Next next) {
  self->request(world->supervisor(), caf::infinite, core_atom_v)
      .then(std::move(next),
            [to](const caf::error& error) mutable { fail(to, error); });
}

void console_session_state::show_actors(const words&, answer to) {
  to.deliver(actors_text(*world));
}

void console_session_state::show_agents(const words&, answer to) {
  with_core(to, [this, to](const core_handles& core) {
    self->request(core.registry, caf::infinite, list_atom_v)
        .then(
            [to](const agent_list& agents) mutable {
              to.deliver(agents_text(agents));
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

void console_session_state::explain(const words& arguments, answer to) {
  self->request(world->make_explainer(), caf::infinite, explain_atom_v,
                explain_question{arguments[0], {}})
      .then(
          [to](const explanation_ptr& x) mutable {
            to.deliver(explanation_text(*x));
          },
          [to](const caf::error& error) mutable { fail(to, error); });
}

void console_session_state::show_ids(const words&, answer to) {
  with_core(to, [this, to](const core_handles& core) {
    self->request(core.registry, caf::infinite, list_atom_v)
        .then(
            [this, to, registry = core.registry](const agent_list& agents) {
              std::string ids;
              for (const auto& x : *agents)
                if (ids.size() < max_ids_text)
                  ids += x.agent.str() + '\n';
              add_pending_ids(registry,
                              std::make_shared<id_round>(to, std::move(ids)));
            },
            [to](const caf::error& error) mutable { fail(to, error); });
  });
}

void console_session_state::add_pending_ids(
    const registry_actor& registry, const std::shared_ptr<id_round>& round) {
  self->request(registry, caf::infinite, standing_atom_v)
      .then(
          [this, round](const std::vector<agent_actor>& agents) {
            for (const auto& agent : agents)
              self->request(agent, caf::infinite, report_atom_v)
                  .then(
                      [round](const agent_report& x) {
                        for (const auto& dispatch : x.pending)
                          round->add(dispatch.message.str());
                      },
                      [round](const caf::error&) {
                        // It has disconnected in the meantime.
                      });
          },
          [round](const caf::error&) {
            // The ids of the agents are better than nothing.
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
                          // The agent has disconnected in the meantime, which
                          // ended its pending dispatches.
                        });
            },
            [to](const caf::error& error) mutable { fail(to, error); });
  });
}

void console_session_state::show_threads(const words&, answer to) {
  to.deliver(threads_text(*world));
}

void console_session_state::show_stats(const words&, answer to) {
  with_core(to, [this, to](const core_handles& core) mutable {
    to.deliver(stats_text(*world, *core.event_backlog));
  });
}

void console_session_state::evict(const words& arguments, answer to) {
  with_core(
      to, [this, to, id = agent_id{arguments[0]}](const core_handles& core) {
        self->request(core.registry, caf::infinite, evict_atom_v, id)
            .then(
                [to, id](bool) mutable {
                  to.deliver(id.str() + " is being evicted\n");
                },
                [to](const caf::error& error) mutable { fail(to, error); });
      });
}

template <agent_duty duty>
void console_session_state::change_duty(const words& arguments, answer to) {
  auto id = arguments[0] == "all" ? agent_id{} : agent_id{arguments[0]};
  with_core(to, [this, to, id](const core_handles& core) {
    self->request(core.registry, caf::infinite, duty_atom_v, id, duty)
        .then(
            [this, to, id](std::uint64_t count) mutable {
              if (count > 0)
                tell(*world, fact::agent_duty_changed{id, duty, count, origin{},
                                                      fact::gate::console});
              to.deliver(duty_text(id, duty, count));
            },
            [to](const caf::error& error) mutable { fail(to, error); });
  });
}

void console_session_state::kill_actor(const words& arguments, answer to) {
  self->request(world->supervisor(), caf::infinite, kill_atom_v, arguments[0])
      .then(
          [to, whom = arguments[0]](bool) mutable {
            to.deliver(whom + " was killed and will be restarted\n");
          },
          [to](const caf::error& error) mutable { fail(to, error); });
}

void console_session_state::set_log_level(const words& arguments, answer to) {
  if (world->set_log_level(arguments[0]))
    to.deliver("logging " + arguments[0] + " from now on\n");
  else
    to.deliver(misuse("unknown log level \"" + arguments[0] + "\"; type help"));
}

void console_session_state::show_help(const words&, answer to) {
  text_table out{{"COMMAND", "WHAT"}};
  for (const auto& x : commands)
    if (!x.help.empty())
      out.add(
          {std::string{x.name}
               + (x.arguments.empty() ? "" : " " + std::string{x.arguments}),
           std::string{x.help}});
  out.add({"events [ID]", "live events of one agent or of all"});
  out.add({"quit", "leave the console"});
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
  self->join_statistics(world->actor_stats, std::nullopt);
  self->state.world = std::move(world);
  self->state.terminal = std::move(terminal);
  // The session ends when the operator's process is gone.
  self->monitor(self->state.terminal);
  self->set_down_handler([self](const caf::down_msg&) { self->quit(); });
  self->set_default_handler(caf::drop);
  return self->state.make_behavior();
}

} // namespace bridgekeeper::console
