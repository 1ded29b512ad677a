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

#include <utility>

namespace bridgekeeper::api {

namespace {

failure agent_is_busy() {
  return {errc::not_ended, "The agent has dispatches that have not ended"};
}

/// What was erased is not in the store. The event hub must forget it even if
/// the requester has gone.
void forget_erased(thread_context& context, const origin& from,
                   const agent_id& agent, const message_id& id) {
  caf::anon_send(context.core.events, erase_atom_v, agent, id);
  id.empty() ? tell(context, fact::agent_erased{agent, from})
             : tell(context, fact::dispatch_erased{agent, id, from});
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
          if (!is_finished(x.record.status))
            return refuse({errc::not_ended, {}});
          context->keys->forget(x.record.message);
          forget_erased(*context, current->from, x.record.agent,
                        x.record.message);
          answer_erased(x.record.agent, x.record.message);
        },
        refuse);
  context->store->reader().find(
      id, answered<std::optional<store::dispatch_row>>([this, id, refuse](
                                                           const auto& found) {
        if (!found.value)
          return refuse(refusal_of(found.why));
        if (const auto& row = *found.value)
          return submit_erasure(store::erase_dispatch{row->number}, row->agent,
                                row->id, true);
        auto refuse_unknown = [refuse] {
          refuse({errc::unknown_dispatch, {}});
        };
        find_by_short_id(
            this, id, [this](const message_id& x) { erase_dispatch(x); },
            refuse_unknown, refuse);
      }));
}

// -- agents -------------------------------------------------------------------

void control_session_state::erase_agent(const agent_id& id) {
  ask_or<agent_view>(
      &core_handles::registry,
      [this, id](const agent_view& x) {
        x.connected ? answer(error_answer({errc::agent_still_connected, {}}))
                    : erase_if_idle(id, true);
      },
      [this, id](const caf::error& error) {
        // The store may have an agent that the registry was told to forget.
        auto is_unknown = to_failure(error).code == errc::unknown_agent;
        is_unknown && context->store ? erase_if_idle(id, false)
                                     : answer_failure(error);
      },
      find_atom_v, id);
}

void control_session_state::erase_if_idle(const agent_id& id, bool is_known) {
  auto go_on = [this, id, is_known](bool is_busy) {
    if (is_busy)
      return answer(error_answer(agent_is_busy()));
    auto submit = [this, id, is_known] {
      if (context->store)
        return submit_erasure(store::erase_agent{id}, id, {}, is_known);
      forget_erased(*context, current->from, id, {});
      answer_erased(id, {});
    };
    if (!is_known)
      return submit();
    // Fails if it has connected in the meantime.
    ask<bool>(
        &core_handles::registry, [submit](bool) { submit(); }, forget_atom_v,
        id);
  };
  if (!context->store)
    return ask<task_view>(
        &core_handles::events,
        [go_on](const task_view& x) {
          go_on(x.record && !is_finished(x.record->status));
        },
        task_atom_v, id);
  context->store->reader().list(
      {.in = store::unfinished, .agent = id, .limit = 1},
      answered<store::dispatch_page>([this, go_on](const auto& found) {
        found.value ? go_on(!found.value->rows.empty())
                    : answer(error_answer(refusal_of(found.why)));
      }));
}

// -- the store ----------------------------------------------------------------

void control_session_state::submit_erasure(store::operation_body what,
                                           const agent_id& agent,
                                           const message_id& id,
                                           bool is_known) {
  auto then =
      answered<store::completion>([this, agent, id, is_known](const auto& x) {
        on_erasure(*x.value, agent, id, is_known);
      });
  context->store->submit(std::move(what),
                         [then, context = context, from = current->from, agent,
                          id,
                          is_told = false](const store::completion& x) mutable {
                           if (x.what == store::outcome::applied)
                             forget_erased(*context, from, agent, id);
                           // If it is unknown, it will be known later, but the
                           // requester is told at once.
                           if (!std::exchange(is_told, true))
                             then({x});
                         });
}

void control_session_state::on_erasure(const store::completion& x,
                                       const agent_id& agent,
                                       const message_id& id, bool is_known) {
  switch (x.what) {
  case store::outcome::applied:
    return answer_erased(agent, id);
  case store::outcome::refused:
    return answer(error_answer(id.empty() ? agent_is_busy()
                                          : failure{errc::not_ended, {}}));
  case store::outcome::came_late:
    if (!id.empty())
      return answer(error_answer({errc::unknown_dispatch, {}}));
    if (!is_known)
      return answer(error_answer({errc::unknown_agent, {}}));
    // It was only listed, and nothing of it was recorded.
    forget_erased(*context, current->from, agent, id);
    return answer_erased(agent, id);
  default:
    return answer(error_answer(to_failure(x)));
  }
}

void control_session_state::answer_erased(const agent_id& agent,
                                          const message_id& id) {
  protocol::json_writer out;
  out.string("status", "erased");
  id.empty() ? out.string("agent_id", agent.str())
             : out.string("message_id", id.str());
  answer(json_answer(out.finish()));
}

} // namespace bridgekeeper::api
