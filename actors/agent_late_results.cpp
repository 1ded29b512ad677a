// Responses to attempts that have ended: kept beside the record.

#include "actors/agent.hpp"
#include "actors/store_port.hpp"
#include "actors/tell.hpp"
#include "protocol/usage_cost.hpp"

#include <memory>
#include <utility>

namespace bridgekeeper::actors {

namespace {

/// A search that the store could not carry out is repeated after this time.
constexpr auto lookup_pause = std::chrono::milliseconds{500};

/// What a response costs that came after the end of its dispatch.
usage_cost late_cost_of(thread_context& context, const response& x) {
  admission::reservation nothing{*context.admissions, {}};
  return protocol::cost_of(x.usage, nothing.price());
}

/// Nothing is reserved for the dispatch any more; its cost counts all the same.
void settle_late_cost(thread_context& context, const announcement& agent,
                      const shared_session& session, const message_id& message,
                      const usage_cost& cost) {
  admission::reservation nothing{*context.admissions, {}};
  if (auto settled = nothing.settle(agent.agent, cost, wall_clock_now()))
    tell(context, fact::cost_recorded{agent, session, message, *settled});
}

} // namespace

bool agent_state::keep_late_result(response& x) {
  auto attempt = late.take(x.message);
  if (!attempt)
    return false;
  if (context->store) {
    record_late_result(*attempt, std::move(x));
    return true;
  }
  // There is nothing to keep the result in, but the money is spent.
  settle_late_cost(*context, *announced, attempt->session, attempt->message,
                   late_cost_of(*context, x));
  return false;
}

void agent_state::keep_old_result(response x) {
  // A bridge that reads nothing is told nothing; it hands the response in again
  // on its next link.
  if (session->is_full())
    return;
  // There is nothing to record it in, so the bridge need not keep it.
  if (!context->store)
    return acknowledge(x.message).send();
  // Any number of responses may follow, each with a search in the store.
  if (++lookups >= max_lookups)
    session->pause_reading();
  look_up(std::move(x));
}

void agent_state::look_up(response x) {
  auto [id, attempt] = split_wire_id(x.message);
  auto held = std::make_shared<response>(std::move(x));
  using answer = store::answer<std::optional<store::dispatch_row>>;
  auto on_found = [held, attempt = attempt,
                   line = get_line()](const answer& found) {
    if (line->agent != nullptr)
      line->agent->on_looked_up(std::move(*held), attempt, found);
  };
  context->store->reader().find(
      id, [port = context->store, on_found](answer found) {
        port->post([on_found, found = std::move(found)] { on_found(found); });
      });
}

void agent_state::on_looked_up(
    response x, std::uint16_t attempt,
    const store::answer<std::optional<store::dispatch_row>>& found) {
  if (phase != phase_type::standing)
    return;
  if (!found.value) {
    // Too many searches, or the store cannot be read at the moment.
    unanswered.push_back(std::move(x));
    if (!next_lookup)
      next_lookup = std::make_unique<net::deadline>(context->deadlines, [this] {
        for (auto& each : std::exchange(unanswered, {}))
          look_up(std::move(each));
      });
    return next_lookup->arm(lookup_pause);
  }
  if (lookups-- >= max_lookups)
    resume_reading();
  const auto& row = *found.value;
  auto wire_id = x.message;
  if (row && row->agent == announced->agent)
    return record_late_result(
        {wire_id, row->id, share(row->session), row->number, attempt},
        std::move(x));
  acknowledge(wire_id).send();
  refuse_result(errc::unknown_message, x.agent, wire_id, next_complaint());
}

void agent_state::record_late_result(const ended_attempt& which, response x) {
  pause_while_store_is_behind();
  auto notice = acknowledge(which.wire_id);
  x.message = which.message;
  auto cost = late_cost_of(*context, x);
  auto result = std::make_shared<const response>(std::move(x));
  store::end_dispatch operation;
  // No state matches, so the result is only kept, and only if its attempt has
  // ended.
  operation.when = {which.row, which.attempt, {}};
  operation.report = {result, cost.cost};
  operation.late_events =
      event_of(fact::late_result_kept{*announced, which.session, result});
  context->store->submit(
      std::move(operation),
      [&here = *context, agent = announced, session = which.session, result,
       cost, notice](const store::completion& done) {
        if (done.what == store::outcome::repeated)
          return notice.send();
        if (done.what != store::outcome::kept_late)
          return;
        tell_recorded(here, fact::late_result_kept{*agent, session, result});
        settle_late_cost(here, *agent, session, result->message, cost);
        notice.send();
      });
}

} // namespace bridgekeeper::actors
