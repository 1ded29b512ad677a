#pragma once

#include "actors/core_memory.hpp"
#include "actors/interfaces.hpp"
#include "actors/io_actor.hpp"
#include "actors/thread_context.hpp"
#include "domain/event_history.hpp"

#include <caf/typed_response_promise.hpp>

#include <list>
#include <memory>
#include <unordered_map>

namespace bridgekeeper::actors {

struct event_hub_state : event_taker {
  static inline const char* name = "event-hub";

  using self_type = io_actor<event_hub_state, event_hub_actor>;

  explicit event_hub_state(event_hub_actor::base* self_ptr) : self(self_ptr) {}

  /// Leaves the history and the records to its successor.
  ~event_hub_state() override;

  event_hub_actor::behavior_type make_behavior();

  void on_publish(event_draft x);

  /// Takes an event that was published on the hub's own thread.
  void take(event_draft x) override;
  void fail() override;

  void on_follow(const subscription& x);
  caf::result<past_events> on_past(const stream_name& which) const;
  caf::result<dispatch_record> on_outcome_request(const message_id& id);
  void on_subscriber_down(const caf::actor_addr& subscriber);

  // -- data -------------------------------------------------------------------

  event_hub_actor::base* self;
  thread_context* context = nullptr;
  std::shared_ptr<core_memory> memory;
  std::shared_ptr<std::atomic<std::size_t>> backlog;
  std::unique_ptr<event_history> history;
  /// Lists, so that removing a subscriber takes time proportional to the number
  /// of streams it follows, not to the number of other subscribers.
  using follower_list = std::list<event_subscriber>;

  follower_list followers_of_all;
  std::unordered_map<agent_id, follower_list> agent_followers;
  std::unordered_map<session_id, follower_list> session_followers;
  /// The streams that each subscriber follows, and its position in their lists.
  std::unordered_map<caf::actor_addr,
                     std::unordered_map<stream_name, follower_list::iterator>>
      subscriptions;

  /// The requests for outcomes that are still to come: one for each asker.
  struct outcome_request {
    message_id message;
    caf::typed_response_promise<dispatch_record> promise;
  };

  std::unordered_map<caf::actor_addr, outcome_request> outcome_requests;
  /// The askers, by dispatch.
  std::unordered_multimap<message_id, caf::actor_addr> askers;

private:
  /// Answers those who asked for the outcome of this dispatch.
  void answer_askers(const dispatch_record& x);
  void drop_outcome_request(const caf::actor_addr& asker);
  [[nodiscard]] past_events past_of(const stream_name& which,
                                    std::uint64_t after,
                                    std::size_t max_bytes) const;
  [[nodiscard]] follower_list& followers_of(const stream_name& which);
  void remove(const stream_name& which, follower_list::iterator place);
};

event_hub_actor::behavior_type
event_hub(event_hub_state::self_type* self, thread_context* context,
          std::shared_ptr<core_memory> memory,
          std::shared_ptr<std::atomic<std::size_t>> backlog,
          const event_history_options& options);

} // namespace bridgekeeper::actors
