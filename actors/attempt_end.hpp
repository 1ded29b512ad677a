#pragma once

#include "actors/pending_dispatch.hpp"
#include "domain/admission.hpp"
#include "domain/facts.hpp"
#include "domain/messages.hpp"
#include "store/dispatches/completion.hpp"
#include "store/dispatches/operations.hpp"

#include <memory>
#include <optional>

namespace bridgekeeper::actors {

/// How an attempt has ended. The functions below say what is recorded and told
/// about it; pending_dispatch.cpp calls them, on the thread of `context`.
struct attempt_end {
  thread_context& context;
  bridge_identity who;
  /// Null if the attempt has ended without a usable response.
  std::shared_ptr<const response> result;
  failure why;
  reported_cost cost;
  link_notice notice;

  [[nodiscard]] bool is_cost_implausible() const noexcept {
    return cost.found.implausible.has_value();
  }
};

/// Why there is no result, or why the agent has failed.
[[nodiscard]] failure reason_of(const attempt_end& end);

/// The timer that has ended the attempt, if one has, and what it allowed.
[[nodiscard]] fact::attempt_terms terms_of(const attempt_end& end,
                                           const pending_dispatch& x);

/// How the dispatch has ended. If its end could not be recorded, its life does
/// not say so.
[[nodiscard]] dispatch_state told_state(const attempt_end& end,
                                        const pending_dispatch& x);

/// What is left of a response that cannot be used: its cost counts.
[[nodiscard]] store::outcome_report remains_of(const attempt_end& end,
                                               const dispatch& task);

/// What is recorded about the end of the dispatch.
[[nodiscard]] store::end_dispatch make_operation(const attempt_end& end,
                                                 const pending_dispatch& x);

/// What is told instead of an end that is not on record. A result that the
/// store does not have is not acknowledged, so its bridge keeps it.
[[nodiscard]] attempt_end superseded(attempt_end end,
                                     const store::completion& done);

void tell_cost(const attempt_end& end, const dispatch& task,
               const admission::settlement& cost);

void tell_failure(const attempt_end& end, const pending_dispatch& x);

/// Logs the end if the acceptance was logged. Failures are logged in any case,
/// as far as there is room for them.
void log_end(const attempt_end& end, const pending_dispatch& x,
             const std::optional<admission::settlement>& settled);

} // namespace bridgekeeper::actors
