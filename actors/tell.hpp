#pragma once

#include "actors/audit_teller.hpp"
#include "actors/counter_teller.hpp"
#include "actors/decision_teller.hpp"
#include "actors/event_publication.hpp"
#include "actors/event_teller.hpp"
#include "actors/log_teller.hpp"
#include "actors/metric_teller.hpp"
#include "actors/thread_context.hpp"
#include "store/dispatches/operations.hpp"

#include <concepts>
#include <utility>

namespace bridgekeeper::actors {

/// Whether this teller tells this fact.
template <class Teller, class Fact>
inline constexpr bool tells = std::invocable<const Teller&, const Fact&>;

/// Has all tellers tell the fact except the one that publishes events.
template <class Context, class Fact>
void tell_unpublished(Context& context, const Fact& x) {
  constexpr auto is_counted = tells<counter_teller, Fact>;
  constexpr auto is_audited = tells<audit_teller, Fact>;
  constexpr auto is_decision = tells<decision_teller, Fact>;
  constexpr auto is_logged = tells<log_teller, Fact>;
  if constexpr (is_counted)
    counter_teller{context.counts}(x);
  // Only the contexts of I/O threads have metrics.
  if constexpr (tells<metric_teller, Fact> && requires { context.metrics; })
    metric_teller{context.metrics}(x);
  if constexpr (is_audited)
    audit_teller{context.audit}(x);
  if constexpr (is_decision)
    decision_teller{*context.decisions}(x);
  if constexpr (is_logged)
    log_teller{*context.log_lines}(x);
}

/// States a fact: every teller that has an overload for it tells it; the other
/// tellers cost nothing. Called on the thread of `context`, which is the
/// `thread_context` of an I/O thread or, for facts that are neither counted nor
/// published, anything that has its members `audit`, `decisions` and
/// `log_lines`.
template <class Context, class Fact>
void tell(Context& context, const Fact& x) {
  constexpr auto is_event = tells<event_teller, Fact>;
  static_assert(
      is_event
          || tells<
              counter_teller,
              Fact> || tells<audit_teller, Fact> || tells<decision_teller, Fact> || tells<log_teller, Fact>,
      "no teller tells this fact");
  if constexpr (is_event)
    if (auto draft = event_teller{}(x))
      publish(context, std::move(draft));
  tell_unpublished(context, x);
}

/// States a fact that is on record if the daemon has a store, which has then
/// published its event with the record.
template <class Fact>
void tell_recorded(thread_context& context, const Fact& x) {
  context.store ? tell_unpublished(context, x) : tell(context, x);
}

/// The event of a fact that is about to be recorded.
template <class Fact>
[[nodiscard]] store::event_list event_of(const Fact& x) {
  store::event_list out;
  if (auto draft = event_teller{}(x))
    out.push_back(std::move(draft));
  return out;
}

} // namespace bridgekeeper::actors
