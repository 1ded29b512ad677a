#include "actors/event_hub.hpp"

#include "actors/event_publication.hpp"
#include "actors/failure_errors.hpp"
#include "net/error_boundary.hpp"

#include <caf/exit_reason.hpp>
#include <caf/sec.hpp>
#include <caf/send.hpp>

#include <algorithm>
#include <limits>
#include <utility>

namespace bridgekeeper::actors {

event_hub_state::~event_hub_state() {
  if (context != nullptr && context->hub_here == this)
    context->hub_here = nullptr;
  // An exception that leaves a destructor terminates the process.
  for (auto& [asker, x] : outcome_requests)
    net::contain("a response of the event hub", [&] {
      x.promise.deliver(caf::error{caf::sec::request_receiver_down});
    });
  if (!memory)
    return;
  memory->history = std::move(history);
}

event_hub_actor::behavior_type event_hub_state::make_behavior() {
  return {
      [this](publish_atom, event_draft& x) { on_publish(std::move(x)); },
      [this](follow_atom, const subscription& x) { on_follow(x); },
      [this](open_atom, const session_id& x) {
        history->open(x);
        return true;
      },
      [this](past_atom, const stream_name& x) { return on_past(x); },
      [](ping_atom) { return true; },
      [this](record_atom,
             const message_id& id) -> caf::result<dispatch_record> {
        if (auto found = history->records().find(id))
          return *found;
        return to_error(errc::unknown_dispatch);
      },
      [this](outcome_atom, const message_id& id) {
        return on_outcome_request(id);
      },
      [this](task_atom, const agent_id& id) {
        const auto& records = history->records();
        auto found = records.task_of(id);
        task_view out;
        if (found != nullptr) {
          out.record = *found;
          out.newest = records.newest_of(id);
        }
        return out;
      },
  };
}

void event_hub_state::on_publish(event_draft x) {
  backlog->fetch_sub(backlog_weight(*x), std::memory_order_relaxed);
  take(std::move(x));
}

void event_hub_state::take(event_draft x) {
  x->sequence = ++memory->sequence;
  // Readers distinguish events by their times, so each event gets a later one.
  memory->last_stamp = std::max(
      wall_clock_now(), memory->last_stamp + std::chrono::microseconds{1});
  x->at = memory->last_stamp;
  // The event has its place in the order, so it must not be published again,
  // even if the hub dies now.
  x->taken.store(true, std::memory_order_release);
  // Before the event is sent: if sending fails halfway, the remaining
  // subscribers still find the event in the history.
  const auto* finished = history->add(x);
  if (finished != nullptr && !askers.empty())
    answer_askers(*finished);
  event_ptr stamped = std::move(x);
  auto push_to = [&](const auto& subscribers) {
    for (const auto& subscriber : subscribers)
      self->send(subscriber, event_atom_v, stamped);
  };
  auto push_to_those_of = [&](const auto& followers, const auto& id) {
    if (followers.empty())
      return;
    if (auto pos = followers.find(id); pos != followers.end())
      push_to(pos->second);
  };
  push_to(followers_of_all);
  push_to_those_of(agent_followers, stamped->agent);
  push_to_those_of(session_followers, *stamped->session);
  if (stamped->bridge_session)
    push_to_those_of(session_followers, *stamped->bridge_session);
}

void event_hub_state::fail() {
  caf::anon_send_exit(self->address(), caf::exit_reason::unhandled_exception);
}

past_events event_hub_state::past_of(const stream_name& which,
                                     std::uint64_t after,
                                     std::size_t max_bytes) const {
  auto out = history->streams().since(which, after, max_bytes);
  out.which = which;
  out.up_to = memory->sequence;
  return out;
}

caf::result<past_events>
event_hub_state::on_past(const stream_name& which) const {
  auto is_session = which.kind == stream_name::kind_type::session;
  if (is_session && which.id != context->control_session->str()
      && !history->streams().knows(session_id{which.id}))
    return to_error(errc::unknown_session);
  return past_of(which, 0, std::numeric_limits<std::size_t>::max());
}

// -- outcomes -----------------------------------------------------------------

caf::result<dispatch_record>
event_hub_state::on_outcome_request(const message_id& id) {
  const auto* found = history->records().find(id);
  if (found == nullptr)
    return to_error(errc::unknown_dispatch);
  if (is_finished(found->status))
    return *found;
  auto asker = caf::actor_cast<caf::actor_addr>(self->current_sender());
  auto promise = self->make_response_promise<dispatch_record>();
  drop_outcome_request(asker);
  // An asker that has ended must not be remembered until the dispatch ends.
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
  auto past = past_of(
      x.which, x.with_history ? x.after : memory->sequence.load(), x.max_bytes);
  if (!x.with_history)
    // Without history, forgotten events are not missing.
    past.gap = false;
  self->send(x.subscriber, history_atom_v, std::move(past));
  auto [followed, is_new] = subscriptions.try_emplace(x.subscriber.address());
  if (is_new)
    self->monitor(x.subscriber);
  if (followed->second.contains(x.which))
    return;
  auto& listeners = followers_of(x.which);
  followed->second.emplace(x.which,
                           listeners.insert(listeners.end(), x.subscriber));
}

event_hub_state::follower_list&
event_hub_state::followers_of(const stream_name& which) {
  switch (which.kind) {
  case stream_name::kind_type::all:
    break;
  case stream_name::kind_type::agent:
    return agent_followers[agent_id{which.id}];
  case stream_name::kind_type::session:
    return session_followers[session_id{which.id}];
  }
  return followers_of_all;
}

void event_hub_state::on_subscriber_down(const caf::actor_addr& subscriber) {
  drop_outcome_request(subscriber);
  auto pos = subscriptions.find(subscriber);
  if (pos == subscriptions.end())
    return;
  for (const auto& [which, place] : pos->second)
    remove(which, place);
  subscriptions.erase(pos);
}

void event_hub_state::remove(const stream_name& which,
                             follower_list::iterator place) {
  auto& followers = followers_of(which);
  followers.erase(place);
  if (!followers.empty())
    return;
  if (which.kind == stream_name::kind_type::agent)
    agent_followers.erase(agent_id{which.id});
  else if (which.kind == stream_name::kind_type::session)
    session_followers.erase(session_id{which.id});
}

event_hub_actor::behavior_type
event_hub(event_hub_state::self_type* self, thread_context* context,
          std::shared_ptr<core_memory> memory,
          std::shared_ptr<std::atomic<std::size_t>> backlog,
          const event_history_options& options) {
  self->join_statistics(context->actor_stats,
                        context->home != nullptr ? std::optional{context->index}
                                                 : std::nullopt);
  auto& state = self->state;
  state.context = context;
  state.memory = std::move(memory);
  state.history = std::move(state.memory->history);
  if (!state.history)
    state.history = std::make_unique<event_history>(options);
  state.backlog = std::move(backlog);
  // Lets `publish` call the hub directly. Without a home thread, in tests,
  // events are sent as messages.
  if (context->home != nullptr)
    context->hub_here = &state;
  self->set_down_handler([&state](const caf::down_msg& down) {
    state.on_subscriber_down(down.source);
  });
  return state.make_behavior();
}

} // namespace bridgekeeper::actors
