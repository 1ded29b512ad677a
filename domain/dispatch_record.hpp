#pragma once

#include "domain/dispatch_life.hpp"
#include "domain/messages.hpp"
#include "domain/result.hpp"
#include "domain/timestamp.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace bridgekeeper {

/// The progress of a dispatch, with the contract's names. `idle` is reported
/// for an agent that has no dispatches.
enum class dispatch_status : std::uint8_t {
  dispatched,
  running,
  completed,
  error,
};

[[nodiscard]] std::string_view to_string(dispatch_status x) noexcept;

/// What the contract calls a state. All states that are not yet running count
/// as dispatched, all ends without a result as errors.
[[nodiscard]] constexpr dispatch_status to_status(dispatch_state x) noexcept {
  switch (x) {
  case dispatch_state::queued:
  case dispatch_state::sent:
  case dispatch_state::accepted:
    return dispatch_status::dispatched;
  case dispatch_state::running:
    return dispatch_status::running;
  case dispatch_state::completed:
    return dispatch_status::completed;
  default:
    return dispatch_status::error;
  }
}

[[nodiscard]] constexpr bool is_finished(dispatch_status x) noexcept {
  return x == dispatch_status::completed || x == dispatch_status::error;
}

struct dispatch_record {
  message_id message;
  agent_id agent;
  dispatch_status status = dispatch_status::dispatched;
  timestamp dispatched_at{};
  std::optional<timestamp> finished_at;
  /// The bridge's response, if there was one.
  std::shared_ptr<const response> result;
  /// Why the dispatch ended without a result, if it did.
  std::optional<cause> why;
  /// The agent's own session that the newest late result names; empty if none
  /// does.
  std::string late_session;
};

/// The agent's own session that a follow-up to this dispatch should continue;
/// empty if the dispatch has not ended, or its bridge named none. A response
/// that came too late names it, too: it was the same session.
[[nodiscard]] std::string agent_session_of(const dispatch_record& x);

/// What `GET …/task` reports: the newest unfinished dispatch, or the newest one
/// if all are finished, or nothing (contract section 6, number 6).
struct task_view {
  std::optional<dispatch_record> record;
  /// The newest dispatch, finished or not: the one that a follow-up refers to.
  std::optional<message_id> newest;
};

/// Approximate memory use in bytes, for enforcing bounds.
[[nodiscard]] std::size_t footprint(const dispatch_record& x) noexcept;

} // namespace bridgekeeper
