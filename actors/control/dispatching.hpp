#pragma once

#include "actors/caf_compat.hpp"
#include "actors/interfaces.hpp"
#include "actors/thread_context.hpp"
#include "protocol/control_codec.hpp"
#include "protocol/result.hpp"

#include <chrono>
#include <memory>
#include <string>
#include <utility>

namespace bridgekeeper::actors {

/// How often, and how far apart, a dispatch is brought again to a registry that
/// died over it. An unhandled dispatch was not begun, so this repeats nothing.
inline constexpr unsigned max_resubmissions = 50;
inline constexpr auto resubmission_delay = std::chrono::milliseconds{20};

/// Makes the order for a task that a control client at `ip` wants done: checks
/// and cleans its content, gives it an id and a deadline.
[[nodiscard]] protocol::result<dispatch_order_ptr>
make_order(agent_id agent, protocol::dispatch_body body,
           dispatch_observer observer, const control_options& options,
           origin from = {});

/// Brings `order` to the agent, by way of the registry unless that can be asked
/// here and now. Exactly one of `on_outcome(outcome)` and `on_failure(failure)`
/// is called, later, on the actor's thread; they must not refer to anything
/// that may be gone by then but the actor's own state.
template <class Self, class OnOutcome, class OnFailure>
void submit(Self* self, thread_context& context,
            const dispatch_order_ptr& order, unsigned attempt,
            OnOutcome on_outcome, OnFailure on_failure) {
  auto failed = [self, order, attempt, on_failure](const caf::error& error) {
    if (is_unhandled(error) && attempt < max_resubmissions)
      self->delayed_send(self, resubmission_delay, resubmit_atom_v, order,
                         attempt + 1);
    else
      on_failure(to_failure(error));
  };
  auto bring_to = [&](const auto& whom) {
    self->request(whom, caf::infinite, dispatch_atom_v, order)
        .then(std::move(on_outcome), std::move(failed));
  };
  if (context.registry_here != nullptr)
    if (auto agent = context.registry_here->find_standing(order->task.agent))
      return bring_to(*agent);
  bring_to(context.core.registry);
}

} // namespace bridgekeeper::actors
