#pragma once

#include "actors/owed_outcome.hpp"
#include "actors/thread_context.hpp"
#include "domain/admission.hpp"
#include "domain/dispatch_life.hpp"
#include "domain/facts.hpp"
#include "domain/usage_cost.hpp"
#include "store/dispatches/operations.hpp"

#include <memory>

namespace bridgekeeper::actors {

/// A dispatch whose frame was sent on a link, or is about to be.
struct pending_dispatch {
  dispatch_life life;
  owed_outcome outcome;
  /// Money reserved until the dispatch ends.
  admission::reservation cost;
  /// Its row, if the daemon has a store.
  store::dispatch_number row{};

  [[nodiscard]] const dispatch_order& order() const noexcept {
    return outcome.order();
  }
};

/// The bridge that a dispatch was sent to.
struct bridge_identity {
  announcement_ptr agent;
  origin from;
};

// How dispatches end. The end is recorded first, if the daemon has a store;
// then it is told, its cost settled, and the outcome passed on. By then the
// agent may have ended. Called on the thread of `context`, which must outlive
// all dispatches.

/// What a dispatch has cost, and whether to log that the cost is implausible.
struct reported_cost {
  usage_cost found;
  fact::log_turn log;
};

/// The bridge has responded, as `x.life` knows.
void end_with_response(thread_context& context, bridge_identity who,
                       pending_dispatch x,
                       std::shared_ptr<const response> result,
                       const reported_cost& cost);

/// The dispatch has ended for the reason `why`, as `x.life` knows.
void end_without_response(thread_context& context, bridge_identity who,
                          pending_dispatch x, failure why);

/// The bridge has sent a response that cannot be used, with this cost.
void end_with_unreadable_response(thread_context& context, bridge_identity who,
                                  pending_dispatch x, failure why,
                                  const reported_cost& cost);

} // namespace bridgekeeper::actors
