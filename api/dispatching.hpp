#pragma once

#include "actors/failure_errors.hpp"
#include "actors/interfaces.hpp"
#include "api/thread_context.hpp"
#include "domain/result.hpp"
#include "protocol/control_codec.hpp"

#include <chrono>
#include <memory>
#include <string>
#include <utility>

namespace bridgekeeper::api {

/// How often, and after what delay, a dispatch is requested again if the
/// registry died before it handled the request. Such a dispatch was not
/// accepted, so nothing is done twice.
inline constexpr unsigned max_resubmissions = 50;
inline constexpr auto resubmission_delay = std::chrono::milliseconds{20};

/// Makes the order for a task of a control client: checks and cleans its
/// content, and gives it an id and a deadline. The order names no watch yet.
[[nodiscard]] result<dispatch_order> make_order(agent_id agent,
                                                protocol::dispatch_body body,
                                                const control_options& options,
                                                shared_session session,
                                                origin from = {});

/// How long a key is remembered.
inline constexpr std::chrono::hours idempotency_key_time{24};

/// The idempotency key `text` for `order`. Two requests are the same if they
/// have the same agent, content, context and timeout.
[[nodiscard]] idempotency_key make_key(std::string text,
                                       const dispatch_order& order,
                                       const std::string& token_label);

/// Requests the dispatch: from the agent itself if the agent lives on this
/// thread, otherwise from the registry. Later, exactly one of
/// `on_accepted(acceptance)` and `on_refused(failure)` is called on the actor's
/// thread. They may refer only to the actor's own state.
template <class Self, class OnAccepted, class OnRefused>
void submit(Self* self, thread_context& context,
            const dispatch_order_ptr& order, unsigned attempt,
            OnAccepted on_accepted, OnRefused on_refused) {
  auto bring_to = [&](const auto& whom, std::chrono::milliseconds delay) {
    self->request(whom, caf::infinite, dispatch_atom_v, order)
        .then(on_accepted, [self, order, attempt, on_refused,
                            delay](const caf::error& error) {
          if (!is_unhandled(error) || attempt >= max_resubmissions)
            on_refused(to_failure(error));
          else if (delay.count() == 0)
            self->send(self, resubmit_atom_v, order, attempt + 1);
          else
            self->delayed_send(self, delay, resubmit_atom_v, order,
                               attempt + 1);
        });
  };
  const auto* agent =
      attempt == 0 ? context.local.find(order->task.agent) : nullptr;
  if (agent != nullptr)
    // If this agent has ended, the registry can tell the reason.
    return bring_to(*agent, std::chrono::milliseconds{0});
  bring_to(context.core.registry, resubmission_delay);
}

} // namespace bridgekeeper::api
