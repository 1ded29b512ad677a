#pragma once

#include "actors/audit_teller.hpp"
#include "actors/counter_teller.hpp"
#include "actors/event_teller.hpp"
#include "actors/log_teller.hpp"
#include "actors/thread_context.hpp"

#include <concepts>
#include <utility>

namespace bridgekeeper::actors {

/// Whether this teller tells this fact.
template <class Teller, class Fact>
inline constexpr bool tells = std::invocable<const Teller&, const Fact&>;

/// States a fact: every teller that has an overload for it tells it; the other
/// tellers cost nothing. Called on the thread of `context`, which is the
/// `thread_context` of an I/O thread or, for facts that are neither counted nor
/// published, anything that has its members `audit` and `log_lines`.
template <class Context, class Fact>
void tell(Context& context, const Fact& x) {
  constexpr auto is_counted = tells<counter_teller, Fact>;
  constexpr auto is_event = tells<event_teller, Fact>;
  constexpr auto is_audited = tells<audit_teller, Fact>;
  constexpr auto is_logged = tells<log_teller, Fact>;
  static_assert(is_counted || is_event || is_audited || is_logged,
                "no teller tells this fact");
  if constexpr (is_counted)
    counter_teller{context.counts}(x);
  if constexpr (is_event)
    if (auto draft = event_teller{}(x))
      publish(context, std::move(draft));
  if constexpr (is_audited)
    audit_teller{context.audit}(x);
  if constexpr (is_logged)
    log_teller{*context.log_lines}(x);
}

} // namespace bridgekeeper::actors
