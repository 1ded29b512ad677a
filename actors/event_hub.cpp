#include "actors/event_hub.hpp"

#include "actors/event_publication.hpp"
#include "actors/failure_errors.hpp"
#include "net/error_boundary.hpp"

#include <caf/sec.hpp>

#include <algorithm>
#include <limits>
#include <utility>

namespace bridgekeeper::actors {

event_hub_state::~event_hub_state() {
  // An exception that leaves a destructor terminates the process.
  for (auto& x : outcome_requests)
    net::contain("a response of the event hub", [&] {
      x.second.promise.deliver(caf::error{caf::sec::request_receiver_down});
    });
  if (journal)
    journal->end(this);
}

event_hub_actor::behavior_type event_hub_state::make_behavior() {
  return {
      [this](publish_atom, event_draft& x) { on_publish(std::move(x)); },
      [this](follow_atom, const subscription& x) { on_follow(x); },
      [this](open_atom, const session_id& x) {
        journal->open(x);
        return true;
      },
      [this](erase_atom, const agent_id& agent, const message_id& dispatch) {
        journal->forget(agent, dispatch);
        return true;
      },
      [this](past_atom, const stream_name& x) { return on_past(x); },
      [](ping_atom) { return true; },
      [this](record_atom,
             const message_id& id) -> caf::result<dispatch_record> {
        if (auto found = journal->history().records().find(id))
          return *found;
        return to_error(errc::unknown_dispatch);
      },
      [this](outcome_atom, const message_id& id) {
        return on_outcome_request(id);
      },
      [this](task_atom, const agent_id& id) {
        auto found = journal->history().records().task_of(id);
        task_view out;
        if (found != nullptr) {
          out.record = *found;
          out.newest = journal->history().records().newest_of(id);
        }
        return out;
      },
  };
}

void event_hub_state::on_publish(event_draft x) {
  backlog->fetch_sub(backlog_weight(*x), std::memory_order_relaxed);
  journal->take(std::move(x));
}

caf::result<past_events>
event_hub_state::on_past(const stream_name& which) const {
  auto is_session = which.kind == stream_name::kind_type::session;
  if (is_session && which.id != context->control_session->str()
      && !journal->history().streams().knows(session_id{which.id}))
    return to_error(errc::unknown_session);
  return journal->since(which, 0, std::numeric_limits<std::size_t>::max());
}

// -- outcomes -----------------------------------------------------------------

caf::result<dispatch_record>
event_hub_state::on_outcome_request(const message_id& id) {
  const auto* found = journal->history().records().find(id);
  if (found == nullptr)
    return to_error(errc::unknown_dispatch);
  if (is_finished(found->status))
    return *found;
  auto asker = caf::actor_cast<caf::actor_addr>(self->current_sender());
  auto promise = self->make_response_promise<dispatch_record>();
  // CAF would leave a request whose promise is dropped unanswered.
  if (auto pos = outcome_requests.find(asker); pos != outcome_requests.end())
    pos->second.promise.deliver(caf::error{caf::sec::request_receiver_down});
  drop_outcome_request(asker);
  // Forget the asker as soon as it ends, even if the dispatch continues.
  if (!subscriptions.contains(asker))
    self->monitor(asker);
  outcome_requests.emplace(asker, outcome_request{id, promise});
  askers.emplace(id, asker);
  return promise;
}

void event_hub_state::answer_askers(const dispatch_record& x) {
  for (auto pos = askers.find(x.message); pos != askers.end();
       pos = askers.find(x.message)) {
    auto asker = pos->second;
    outcome_requests.at(asker).promise.deliver(x);
    drop_outcome_request(asker);
  }
}

void event_hub_state::drop_outcome_request(const caf::actor_addr& asker) {
  auto pos = outcome_requests.find(asker);
  if (pos == outcome_requests.end())
    return;
  auto [first, last] = askers.equal_range(pos->second.message);
  askers.erase(std::find_if(first, last,
                            [&](const auto& x) { return x.second == asker; }));
  outcome_requests.erase(pos);
  if (!subscriptions.contains(asker))
    self->demonitor(asker);
}

// -- subscriptions ------------------------------------------------------------

void event_hub_state::on_follow(const subscription& x) {
  self->send(x.subscriber, history_atom_v,
             journal->since(x.which, x.after, x.max_bytes));
  auto [followed, is_new] = subscriptions.try_emplace(x.subscriber.address());
  if (is_new)
    self->monitor(x.subscriber);
  if (followed->second.contains(x.which))
    return;
  followed->second.emplace(x.which,
                           journal->add_follower(x.which, x.subscriber));
}

void event_hub_state::on_subscriber_down(const caf::actor_addr& subscriber) {
  drop_outcome_request(subscriber);
  auto pos = subscriptions.find(subscriber);
  if (pos == subscriptions.end())
    return;
  for (const auto& [which, place] : pos->second)
    journal->remove_follower(which, place);
  subscriptions.erase(pos);
}

event_hub_actor::behavior_type
event_hub(event_hub_state::self_type* self, thread_context* context,
          std::shared_ptr<event_journal> journal,
          std::shared_ptr<std::atomic<std::size_t>> backlog) {
  self->join_statistics(context->actor_stats,
                        context->home != nullptr ? std::optional{context->index}
                                                 : std::nullopt);
  auto& state = self->state;
  state.context = context;
  state.journal = std::move(journal);
  state.journal->begin(&state, [&state](const dispatch_record& x) {
    if (!state.askers.empty())
      state.answer_askers(x);
  });
  state.backlog = std::move(backlog);
  self->set_down_handler([&state](const caf::down_msg& down) {
    state.on_subscriber_down(down.source);
  });
  return state.make_behavior();
}

} // namespace bridgekeeper::actors
