#include "actors/failure_errors.hpp"
#include "app/console/console_session.hpp"
#include "app/console/console_tail.hpp"
#include "app/console/known_ids.hpp"

#include <caf/exit_reason.hpp>
#include <caf/send.hpp>

#include <algorithm>
#include <utility>

namespace bridgekeeper::console {

namespace {

using answer = console_session_state::answer;

/// How many of several matching ids are named.
constexpr std::size_t max_named = 5;

failure ambiguous(const std::string& text,
                  const std::vector<std::string>& ids) {
  auto detail = "several ids match \"" + text + "\":";
  for (std::size_t i = 0; i < std::min(ids.size(), max_named); ++i)
    detail += (i == 0 ? " " : ", ") + ids[i];
  if (ids.size() > max_named)
    detail += " and " + std::to_string(ids.size() - max_named) + " more";
  return {errc::unknown_dispatch, detail + "; give more of the id"};
}

} // namespace

// -- the course of live events ------------------------------------------------

std::uint64_t console_session_state::begin_turn() {
  end_live();
  return live_turn;
}

void console_session_state::end_live() {
  ++live_turn;
  if (!live)
    return;
  end_tail();
  live->to.deliver(std::string{});
  live.reset();
}

void console_session_state::end_tail() {
  if (!live)
    return;
  self->demonitor(live->tail.address());
  caf::anon_send_exit(live->tail, caf::exit_reason::user_shutdown);
}

void console_session_state::begin_live(stream_name which,
                                       std::optional<std::uint64_t> after,
                                       answer to, std::string last_line) {
  auto tail = spawn_on(self->home_system(), nullptr, console_tail, world,
                       terminal, std::move(which), after);
  self->monitor(tail);
  live = live_events{std::move(tail), std::move(to), std::move(last_line)};
}

void console_session_state::on_down(const caf::down_msg& down) {
  if (down.source == terminal.address()) {
    // The operator's process is gone.
    self->quit();
    return;
  }
  // A tail may end in the same moment in which another one replaces it.
  if (!live || down.source != live->tail.address())
    return;
  auto ended = std::move(*live);
  live.reset();
  if (down.reason)
    fail(ended.to, down.reason);
  else
    ended.to.deliver(std::move(ended.last_line));
}

void console_session_state::show_events(const words& arguments, answer to) {
  static_cast<void>(begin_turn());
  begin_live(arguments.empty() ? stream_name{}
                               : stream_name{agent_id{arguments[0]}},
             std::nullopt, to, {});
}

// -- trace --------------------------------------------------------------------

void console_session_state::trace(const words& arguments, answer to) {
  auto turn = begin_turn();
  with_core(
      to, [this, to, turn, text = arguments[0]](const core_handles& core) {
        find_traced(core, text, to,
                    [this, core, to, turn](const traced& x) mutable {
                      if (turn != live_turn)
                        to.deliver(std::string{});
                      else if (x.agent)
                        begin_live(stream_name{*x.agent}, std::nullopt, to, {});
                      else
                        trace_dispatch(core, *x.dispatch, turn, to);
                    });
      });
}

void console_session_state::find_traced(
    const core_handles& core, const std::string& text, answer to,
    std::function<void(const traced&)> next) {
  auto choose = [=, this](const agent_list& agents,
                          const past_events& past) mutable {
    auto named = agents_from(*agents, text);
    auto dispatches = dispatches_like(past, text);
    auto is_whole = [&](const std::string& id) { return id == text; };
    if (std::any_of(named.begin(), named.end(), is_whole)) {
      next({agent_id{text}, {}});
    } else if (std::any_of(dispatches.begin(), dispatches.end(), is_whole)) {
      next({{}, message_id{text}});
    } else if (named.size() + dispatches.size() > 1) {
      named.insert(named.end(), dispatches.begin(), dispatches.end());
      to.deliver(to_error(ambiguous(text, named)));
    } else if (!named.empty()) {
      next({agent_id{named.front()}, {}});
    } else if (!dispatches.empty()) {
      next({{}, message_id{dispatches.front()}});
    } else {
      find_older(core, text, to, next);
    }
  };
  with_ids(core, to, choose);
}

void console_session_state::find_older(
    const core_handles& core, const std::string& text, answer to,
    std::function<void(const traced&)> next) {
  self->request(core.events, caf::infinite, record_atom_v, message_id{text})
      .then(
          [next](const dispatch_record& x) {
            next({{}, x.message});
          },
          [this, to, text, next](const caf::error&) mutable {
            auto found = text.size() < min_short_id
                             ? result<std::optional<message_id>>{std::nullopt}
                             : world->find_stored(text);
            if (!found)
              to.deliver(to_error(found.error()));
            else if (*found)
              next({{}, **found});
            else
              to.deliver(to_error(
                  failure{errc::unknown_dispatch,
                          "no agent and no dispatch has an id like \"" + text
                              + "\"; press Tab after trace to see the ids"}));
          });
}

void console_session_state::trace_dispatch(const core_handles& core,
                                           const message_id& id,
                                           std::uint64_t turn, answer to) {
  // Read before the hub is asked, so that no event is missed: if the dispatch
  // ends after the hub's answer, its end is among the events that follow.
  auto after = core.newest_event->load(std::memory_order_relaxed);
  self->request(core.events, caf::infinite, record_atom_v, id)
      .then(
          [this, to, id, turn, after](const dispatch_record& x) mutable {
            if (turn != live_turn)
              to.deliver(std::string{});
            else if (is_finished(x.status))
              to.deliver("dispatch " + id.str() + " has already ended: "
                         + std::string{to_string(x.status)} + "\n");
            else
              begin_live(stream_name{id}, after, to,
                         "dispatch " + id.str() + " has ended\n");
          },
          [to, id](const caf::error& error) mutable {
            if (to_failure(error).code != errc::unknown_dispatch)
              fail(to, error);
            else
              // Only the store knows it, so it ended long ago.
              to.deliver("dispatch " + id.str() + " has already ended\n");
          });
}

} // namespace bridgekeeper::console
