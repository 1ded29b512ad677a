// Erasing dispatches and agents: first from the store, which refuses what is
// not over, then from memory. Requests that come later find nothing.

#include "actors/failure_errors.hpp"
#include "actors/tell.hpp"
#include "api/control_answers.hpp"
#include "api/control_session.hpp"
#include "api/dispatch_lookup.hpp"
#include "protocol/control_codec.hpp"
#include "protocol/json_writer.hpp"

#include <caf/send.hpp>

#include <string_view>
#include <utility>
#include <vector>

namespace bridgekeeper::api {

namespace {

net::http_response erased_answer(std::string_view kind, std::string_view id) {
  return json_answer(protocol::json_writer{}
                         .string("status", "erased")
                         .string(kind, id)
                         .finish());
}

} // namespace

void control_session_state::erase(const net::http_request& x) {
  auto what = protocol::decode_erase_body(x.body());
  if (!what)
    return answer(body_refusal(x, what.error()));
  if (what->agent.empty())
    return erase_dispatch(what->message);
  is_valid_agent_id(what->agent.str())
      ? erase_agent(what->agent)
      : answer(error_answer({errc::invalid_agent_id, {}}));
}

// -- dispatches ---------------------------------------------------------------

void control_session_state::erase_dispatch(const message_id& id) {
  auto refuse = [this](const failure& why) { answer(error_answer(why)); };
  if (!context->store)
    return find_remembered(
        this, id,
        [this, refuse](const known_dispatch& x) {
          const auto& agent = x.record.agent;
          const auto& whole = x.record.message;
          if (!is_finished(x.record.status))
            return refuse({errc::not_ended, {}});
          context->keys->forget(whole);
          tell(*context, fact::dispatch_erased{agent, whole, current->from});
          forget_erased(agent, whole);
        },
        refuse);
  context->store->reader().find(
      id, answered<std::optional<store::dispatch_row>>([this, id, refuse](
                                                           const auto& found) {
        if (!found.value)
          return refuse(refusal_of(found.why));
        if (const auto& row = *found.value)
          return submit_erasure(row->number, row->agent, row->id);
        auto refuse_unknown = [refuse] {
          refuse({errc::unknown_dispatch, {}});
        };
        find_by_short_id(
            this, id, [this](const message_id& x) { erase_dispatch(x); },
            refuse_unknown, refuse);
      }));
}

void control_session_state::submit_erasure(store::dispatch_number number,
                                           const agent_id& agent,
                                           const message_id& id) {
  auto then = answered<store::completion>(
      [this, agent, id](const auto& x) { on_erasure(*x.value, agent, id); });
  context->store->submit(
      store::erase_dispatch{number},
      [then, &here = *context, from = current->from, agent, id,
       is_told = false](const store::completion& x) mutable {
        if (x.what == store::outcome::applied) {
          tell(here, fact::dispatch_erased{agent, id, from});
          // The requester may have gone.
          caf::anon_send(here.core.events, erase_atom_v, agent, id);
        }
        // If the outcome is unknown, the requester is told at once, and the
        // final outcome follows.
        if (!std::exchange(is_told, true))
          then({x});
      });
}

void control_session_state::on_erasure(const store::completion& x,
                                       const agent_id& agent,
                                       const message_id& id) {
  switch (x.what) {
  case store::outcome::applied:
    return forget_erased(agent, id);
  case store::outcome::refused:
    return answer(error_answer({errc::not_ended, {}}));
  case store::outcome::came_late:
    return answer(error_answer({errc::unknown_dispatch, {}}));
  default:
    return answer(error_answer(to_failure(x)));
  }
}

void control_session_state::forget_erased(const agent_id& agent,
                                          const message_id& id) {
  // Asked again if the event hub dies, unlike the message above.
  ask<bool>(
      &core_handles::events,
      [this, id](bool) { answer(erased_answer("message_id", id.str())); },
      erase_atom_v, agent, id);
}

// -- agents -------------------------------------------------------------------

void control_session_state::erase_agent(const agent_id& id) {
  using ids = std::vector<message_id>;
  auto go_on = [this, id](const ids& known) {
    ask<bool>(
        &core_handles::registry,
        [this, id, known](bool) {
          for (const auto& x : known)
            context->keys->forget(x);
          answer(erased_answer("agent_id", id.str()));
        },
        erase_atom_v, id, current->from);
  };
  // The store refuses by itself if dispatches are unfinished.
  if (context->store)
    return go_on({});
  auto look_for_unfinished = [this, id, go_on](const ids& known) {
    ask<task_view>(
        &core_handles::events,
        [this, go_on, known](const task_view& x) {
          x.record && !is_finished(x.record->status)
              ? answer(error_answer({errc::not_ended, {}}))
              : go_on(known);
        },
        task_atom_v, id);
  };
  ask<past_events>(
      &core_handles::events,
      [look_for_unfinished](const past_events& past) {
        ids known;
        for (const auto& x : past.events)
          if (const auto* message = message_of(*x))
            known.push_back(*message);
        look_for_unfinished(known);
      },
      past_atom_v, stream_name{id});
}

} // namespace bridgekeeper::api
