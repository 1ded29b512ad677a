#include "app/console/console_session.hpp"

#include "actors/failure_errors.hpp"
#include "actors/tell.hpp"
#include "app/console/console_commands.hpp"
#include "app/console/console_report.hpp"
#include "app/console/heap_report.hpp"
#include "app/text/explanation_text.hpp"
#include "app/text/text_table.hpp"

#include <caf/scheduled_actor.hpp>

#include <utility>

namespace bridgekeeper::console {

namespace {

using answer = console_session_state::answer;

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

} // namespace

caf::error misuse(std::string what) {
  return to_error(failure{errc::invalid_message, std::move(what)});
}

void fail(answer& to, const caf::error& error) {
  to.deliver(to_error(to_failure(error)));
}

console_session_state::~console_session_state() {
  end_tail();
}

console_session_actor::behavior_type console_session_state::make_behavior() {
  return {
      [this](run_atom, const std::string& line) { return on_command(line); },
      [this](complete_atom, const std::string& line) {
        return on_complete(line);
      },
      [this](untail_atom) { end_live(); },
  };
}

caf::result<std::string>
console_session_state::on_command(const std::string& line) {
  auto given = split(line);
  if (given.empty())
    return std::string{};
  auto verb = std::move(given.front());
  given.erase(given.begin());
  const auto* command = find_command(verb);
  if (command == nullptr)
    return misuse("unknown command \"" + verb + "\"; type help");
  if (given.size() < command->least || given.size() > command->most)
    return misuse("usage: " + std::string{command->name}
                  + (command->arguments.empty() ? "" : " ")
                  + std::string{command->arguments});
  auto promise = self->make_response_promise<std::string>();
  (this->*command->run)(given, promise);
  return promise;
}

origin console_session_state::asker(answer& to) const {
  // The current message has no sender any more: the promise took it.
  const caf::response_promise& promise = to;
  origin out;
  if (const auto& sender = promise.source())
    out.token = world->present->label_of(sender->node());
  return out;
}

void console_session_state::with_core(answer to, next_with_core next) {
  self->request(world->supervisor(), caf::infinite, core_atom_v)
      .then(std::move(next),
            [to](const caf::error& error) mutable { fail(to, error); });
}

void console_session_state::with_ids(
    const core_handles& core, answer to,
    std::function<void(const agent_list&, const past_events&)> next) {
  auto failed = [to](const caf::error& error) mutable { fail(to, error); };
  self->request(core.registry, caf::infinite, list_atom_v)
      .then(
          [this, events = core.events, next = std::move(next),
           failed](const agent_list& agents) {
            self->request(events, caf::infinite, past_atom_v, stream_name{})
                .then([agents,
                       next](const past_events& past) { next(agents, past); },
                      failed);
          },
          failed);
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

void console_session_state::show_mailboxes(const words&, answer to) {
  to.deliver(mailboxes_text(world->actor_stats->rows()));
}

void console_session_state::show_slow(const words&, answer to) {
  const auto& slow = world->actor_stats->slow();
  to.deliver(slow_text(slow.rows(), slow.total()));
}

void console_session_state::show_heap(const words&, answer to) {
  to.deliver(heap_text(world->memory()));
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

void console_session_state::cordon(const words& arguments, answer to) {
  change_duty(arguments[0], agent_duty::cordoned, to);
}

void console_session_state::drain(const words& arguments, answer to) {
  change_duty(arguments[0], agent_duty::draining, to);
}

void console_session_state::uncordon(const words& arguments, answer to) {
  change_duty(arguments[0], agent_duty::working, to);
}

void console_session_state::change_duty(const std::string& whom,
                                        agent_duty duty, answer to) {
  auto id = whom == "all" ? agent_id{} : agent_id{whom};
  with_core(
      to, [this, to, id, duty, from = asker(to)](const core_handles& core) {
        self->request(core.registry, caf::infinite, duty_atom_v, id, duty)
            .then(
                [this, to, id, duty, from](std::uint64_t count) mutable {
                  if (count > 0)
                    tell(*world, fact::agent_duty_changed{id, duty, count, from,
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

console_session_actor::behavior_type
console_session(console_session_state::self_type* self,
                std::shared_ptr<const console_world> world,
                console_terminal terminal) {
  self->join_statistics(world->actor_stats, std::nullopt);
  self->state.world = std::move(world);
  self->state.terminal = std::move(terminal);
  self->monitor(self->state.terminal);
  self->set_down_handler(
      [self](const caf::down_msg& x) { self->state.on_down(x); });
  self->set_default_handler(caf::drop);
  return self->state.make_behavior();
}

} // namespace bridgekeeper::console
