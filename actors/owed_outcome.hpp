#pragma once

#include "actors/interfaces.hpp"
#include "actors/thread_context.hpp"

#include <memory>
#include <utility>

namespace bridgekeeper::actors {

/// Makes sure that the watch of an accepted dispatch gets exactly one outcome.
/// If the agent loses the dispatch because of an exception, the outcome is
/// `internal`. The outcome is addressed to the dispatch id on the requester's
/// thread, never to an actor.
class owed_outcome {
public:
  /// For a dispatch that was accepted at `now`. `context` is the agent's.
  owed_outcome(thread_context& context, dispatch_order_ptr order,
               time_point now, timestamp wall)
    : context_(&context), order_(std::move(order)), started_(now),
      dispatched_at_(wall) {}

  owed_outcome(owed_outcome&& other) noexcept = default;
  owed_outcome& operator=(owed_outcome&& other) = delete;

  ~owed_outcome();

  [[nodiscard]] const dispatch_order& order() const noexcept {
    return *order_;
  }

  [[nodiscard]] time_point started() const noexcept {
    return started_;
  }

  /// The dispatch goes on on the thread of this context.
  void move_to(thread_context& context) noexcept {
    context_ = &context;
  }

  /// The order names an agent now.
  void name_agent(dispatch_order_ptr order) noexcept {
    order_ = std::move(order);
  }

  /// Passes progress on to the watch, if the watch wants progress.
  void report(const std::shared_ptr<const progress>& x) const;

  /// Must be called at most once; `order` remains valid afterwards.
  void settle(result<std::shared_ptr<const response>> x);

  /// The requester is told that the dispatch was refused, so it gets no
  /// outcome.
  void drop() noexcept {
    is_settled_ = true;
  }

private:
  void pass_on(dispatch_update x) const;

  thread_context* context_;
  /// Null once moved from.
  dispatch_order_ptr order_;
  time_point started_;
  timestamp dispatched_at_;
  bool is_settled_ = false;
};

} // namespace bridgekeeper::actors
