#pragma once

#include "actors/failure_errors.hpp"
#include "actors/interfaces.hpp"
#include "api/thread_context.hpp"
#include "domain/dispatch_record.hpp"
#include "domain/result.hpp"
#include "net/http_session.hpp"
#include "protocol/control_codec.hpp"

#include <chrono>
#include <memory>
#include <optional>
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

/// The trace that the headers `traceparent` and `tracestate` of a request name,
/// if any.
[[nodiscard]] trace_context find_trace(const net::http_request& x);

/// Puts the order's trace into the context that its bridge gets. A trace that
/// the client has put there itself has precedence, and becomes that of the
/// order. To be called after `make_key`: a repeated request may belong to
/// another span.
void carry_trace(dispatch_order& order);

/// What a request needs to know of the dispatch that it follows up.
struct earlier_dispatch {
  /// The whole id; the request may have a short one.
  message_id message;
  agent_id agent;
  /// The agent's own session; empty if it is unknown.
  std::string agent_session_id;
};

/// How long a key is remembered.
inline constexpr std::chrono::hours idempotency_key_time{24};

/// How a client asks for a dispatch: as one, or as a follow-up, whose context
/// and earlier dispatch the daemon may choose.
enum class request_form { dispatch, followup };

/// The idempotency key `text` for `order`. Two requests are the same if they
/// have the same form, agent or required capabilities, content, context,
/// dispatch to follow up, and options. `order` must be what the client asked
/// for: what the daemon adds may differ when the request is repeated.
[[nodiscard]] idempotency_key make_key(std::string text,
                                       const dispatch_order& order,
                                       request_form form,
                                       const std::string& token_label);

/// What is wrong with the options, if the daemon cannot do what they say.
[[nodiscard]] std::optional<failure>
check_options(const dispatch_options& x, const thread_context& context);

/// The failure of a request for `agent` that follows up a dispatch of another
/// one.
[[nodiscard]] failure foreign_followup(const message_id& earlier,
                                       const agent_id& agent);

/// Counts and states that a request led to no dispatch, unless it was invalid.
/// To be called once for each such request. If a limit was the reason, the
/// place that applies the limit has stated that.
void note_refusal(thread_context& context, const dispatch_order& order,
                  const failure& why);

/// Like `note_refusal`, for a request that is not looked at because the daemon
/// shuts down. `agent` is what the request names, valid or not.
void note_draining(thread_context& context, const agent_id& agent,
                   const origin& from, trace_context trace);

/// Requests the dispatch without regard to its idempotency key; otherwise like
/// `submit`.
template <class Self, class OnAccepted, class OnRefused>
void submit_anyway(Self* self, thread_context& context,
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

/// Resubmits `order` once it is known whether the dispatch `holder`, which has
/// the order's idempotency key, was accepted. Its requester may have ended
/// before it learned that, so the event hub is asked. A dispatch that the hub
/// does not know after a second was refused, or never arrived.
template <class Self, class OnRefused>
void await_key(Self* self, thread_context& context,
               const dispatch_order_ptr& order, unsigned attempt,
               const message_id& holder, OnRefused on_refused) {
  self->request(context.core.events, caf::infinite, record_atom_v, holder)
      .then(
          [self, order, attempt,
           keys = context.keys](const dispatch_record& x) {
            keys->settle(*order->key, x.message);
            self->send(self, resubmit_atom_v, order, attempt);
          },
          [self, order, attempt, holder, on_refused,
           keys = context.keys](const caf::error& error) {
            if (attempt < max_resubmissions) {
              self->delayed_send(self, resubmission_delay, resubmit_atom_v,
                                 order, attempt + 1);
            } else if (is_unhandled(error)) {
              on_refused(to_failure(error));
            } else {
              keys->release(*order->key, holder);
              self->send(self, resubmit_atom_v, order, 0U);
            }
          });
}

/// Requests the dispatch: from the agent itself if the agent lives on this
/// thread, otherwise from the registry. Exactly one of
/// `on_accepted(acceptance)` and `on_refused(failure)` is called on the actor's
/// thread, possibly before this function returns. They may refer only to the
/// actor's own state. In a daemon without a store, an order whose idempotency
/// key belongs to an earlier dispatch is not sent; with a store, the agent sees
/// to that.
template <class Self, class OnAccepted, class OnRefused>
void submit(Self* self, thread_context& context,
            const dispatch_order_ptr& order, unsigned attempt,
            OnAccepted on_accepted, OnRefused on_refused) {
  if (!order->key || context.store)
    return submit_anyway(self, context, order, attempt, on_accepted,
                         on_refused);
  const auto& key = *order->key;
  const auto& id = order->task.message;
  auto holder = context.keys->claim(key, id, wall_clock_now());
  if (holder.id != id && !holder.is_settled)
    return await_key(self, context, order, attempt, holder.id, on_refused);
  if (holder.id != id && holder.body_hash != key.body_hash)
    return on_refused(failure{errc::idempotency_conflict, {}});
  if (holder.id != id)
    return on_accepted(acceptance{holder.id, {}});
  submit_anyway(
      self, context, order, attempt,
      [order, on_accepted, keys = context.keys](const acceptance& x) {
        keys->settle(*order->key, order->task.message);
        on_accepted(x);
      },
      [order, on_refused, keys = context.keys](const failure& why) {
        keys->release(*order->key, order->task.message);
        on_refused(why);
      });
}

} // namespace bridgekeeper::api
