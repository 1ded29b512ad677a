#pragma once

#include "actors/core_memory.hpp"
#include "actors/interfaces.hpp"
#include "actors/io_actor.hpp"
#include "actors/thread_context.hpp"

#include <caf/typed_response_promise.hpp>

#include <atomic>
#include <cstddef>
#include <memory>
#include <unordered_map>

namespace bridgekeeper::actors {

/// See interfaces.hpp. Receives the messages for the event journal, which
/// outlives the hub.
struct event_hub_state {
  static inline const char* name = "event-hub";

  using self_type = io_actor<event_hub_state, event_hub_actor>;

  explicit event_hub_state(event_hub_actor::base* self_ptr) : self(self_ptr) {}

  /// Fails the open requests, so that their askers turn to the successor.
  ~event_hub_state();

  event_hub_actor::behavior_type make_behavior();

  void on_publish(event_draft x);
  void on_follow(const subscription& x);
  caf::result<past_events> on_past(const stream_name& which) const;
  caf::result<dispatch_record> on_outcome_request(const message_id& id);
  void on_subscriber_down(const caf::actor_addr& subscriber);

  // -- data -------------------------------------------------------------------

  event_hub_actor::base* self;
  thread_context* context = nullptr;
  std::shared_ptr<event_journal> journal;
  std::shared_ptr<std::atomic<std::size_t>> backlog;
  /// The streams that each subscriber follows, and its position in their lists.
  std::unordered_map<
      caf::actor_addr,
      std::unordered_map<stream_name, event_journal::follower_list::iterator>>
      subscriptions;

  /// A request for the outcome of an unfinished dispatch; one for each asker.
  struct outcome_request {
    message_id message;
    caf::typed_response_promise<dispatch_record> promise;
  };

  std::unordered_map<caf::actor_addr, outcome_request> outcome_requests;
  /// The askers, by dispatch.
  std::unordered_multimap<message_id, caf::actor_addr> askers;

  /// Answers the actors that asked for the outcome of this dispatch.
  void answer_askers(const dispatch_record& x);

private:
  void drop_outcome_request(const caf::actor_addr& asker);
};

event_hub_actor::behavior_type
event_hub(event_hub_state::self_type* self, thread_context* context,
          std::shared_ptr<event_journal> journal,
          std::shared_ptr<std::atomic<std::size_t>> backlog);

} // namespace bridgekeeper::actors
