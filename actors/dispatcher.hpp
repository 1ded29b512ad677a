#pragma once

#include "actors/dispatch_acceptance.hpp"
#include "actors/dispatch_shelf.hpp"
#include "actors/interfaces.hpp"
#include "actors/io_actor.hpp"
#include "actors/thread_context.hpp"
#include "domain/complaint_throttle.hpp"
#include "net/deadline_queue.hpp"

#include <cstddef>
#include <memory>
#include <unordered_map>

namespace bridgekeeper::actors {

/// See interfaces.hpp.
struct dispatcher_state {
  static inline const char* name = "dispatcher";

  using self_type = io_actor<dispatcher_state, dispatcher_actor>;

  explicit dispatcher_state(dispatcher_actor::base* self_ptr)
    : self(self_ptr) {}

  dispatcher_actor::behavior_type make_behavior();

  caf::result<acceptance> on_dispatch(const dispatch_order_ptr& order,
                                      const announcement_ptr& agent);
  void on_due();

  // -- data -------------------------------------------------------------------

  dispatcher_actor::base* self;
  thread_context* context = nullptr;
  std::unique_ptr<net::deadline> deadline;
  /// How many dispatches of each agent the store is recording.
  std::shared_ptr<std::unordered_map<agent_id, std::size_t>> recording =
      std::make_shared<std::unordered_map<agent_id, std::size_t>>();
  /// Limits the log lines about dispatches refused by a rate limit.
  complaint_throttle refusals;

private:
  [[nodiscard]] result<admission::reservation>
  admit(const dispatch_order& order, const announcement& agent, timestamp wall);
  void accept(const dispatch_order_ptr& order, const announcement_ptr& agent,
              unrecorded_dispatch::promise_type promise);
  void record(unrecorded_dispatch x);
  /// Its bridge has not come back in time.
  void end_awaited(waiting_dispatch x);
  void arm_deadline();
};

dispatcher_actor::behavior_type dispatcher(dispatcher_state::self_type* self,
                                           thread_context* context);

} // namespace bridgekeeper::actors
