#pragma once

#include "actors/failure_errors.hpp"
#include "actors/interfaces.hpp"
#include "api/thread_context.hpp"
#include "domain/result.hpp"
#include "net/error_boundary.hpp"
#include "protocol/control_codec.hpp"

#include <chrono>
#include <memory>
#include <string>
#include <utility>

namespace bridgekeeper::api {

/// How often, and how far apart, a dispatch is brought again to a registry that
/// died over it. An unhandled dispatch was not begun, so this repeats nothing.
inline constexpr unsigned max_resubmissions = 50;
inline constexpr auto resubmission_delay = std::chrono::milliseconds{20};

/// Makes the order for a task that a control client at `ip` wants done: checks
/// and cleans its content, gives it an id and a deadline.
[[nodiscard]] result<dispatch_order_ptr>
make_order(agent_id agent, protocol::dispatch_body body,
           dispatch_observer observer, const control_options& options,
           shared_session session, origin from = {},
           std::shared_ptr<const std::atomic<bool>> requester_is_behind = {});

/// Brings `order` to the agent: the first time directly, where the registry can
/// be asked here and now, else by way of the registry. Exactly one of
/// `on_outcome(outcome)` and `on_failure(failure)` is called, later, on the
/// actor's thread; they must not refer to anything that may be gone by then but
/// the actor's own state.
template <class Self, class OnOutcome, class OnFailure>
void submit(Self* self, thread_context& context,
            const dispatch_order_ptr& order, unsigned attempt,
            OnOutcome on_outcome, OnFailure on_failure) {
  auto bring_to = [&](const auto& whom, std::chrono::milliseconds delay) {
    self->request(whom, caf::infinite, dispatch_atom_v, order)
        .then(on_outcome, [self, order, attempt, on_failure,
                           delay](const caf::error& error) {
          if (!is_unhandled(error) || attempt >= max_resubmissions)
            on_failure(to_failure(error));
          else if (delay.count() == 0)
            self->send(self, resubmit_atom_v, order, attempt + 1);
          else
            self->delayed_send(self, delay, resubmit_atom_v, order,
                               attempt + 1);
        });
  };
  const agent_actor* agent = nullptr;
  // A registry that fails here will fail over the message, too, and end.
  if (attempt == 0 && context.registry_here != nullptr)
    net::contain("the registry", [&] {
      agent = context.registry_here->find_standing(order->task.agent);
    });
  if (agent != nullptr)
    // An agent that is gone by now: the registry knows what to say.
    return bring_to(*agent, std::chrono::milliseconds{0});
  bring_to(context.core.registry, resubmission_delay);
}

} // namespace bridgekeeper::api
