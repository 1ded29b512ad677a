#pragma once

#include "domain/ids.hpp"
#include "domain/micro_usd.hpp"
#include "domain/timestamp.hpp"
#include "store/dispatches/fault.hpp"
#include "store/dispatches/operations.hpp"

#include <cstdint>

namespace bridgekeeper::store {

/// What became of an operation.
enum class outcome : std::uint8_t {
  /// Stored. Its effects may be carried out.
  applied,
  /// The dispatch was no longer in a state to which the operation applies, or
  /// is not on record. Nothing was changed.
  came_late,
  /// The guard did not match, and the report was kept as late. Its cost counts.
  kept_late,
  /// The result of this attempt is already on record: acknowledge it, and
  /// nothing else.
  repeated,
  /// The idempotency key is in use for the same body: `existing` is the
  /// dispatch. Nothing was stored.
  duplicate,
  /// The idempotency key is in use for another body. Nothing was stored.
  key_conflict,
  /// The operation does not apply, for example erasing unfinished work.
  refused,
  /// The store could not write, and the operation is certainly not on record.
  not_stored,
  /// The store could not write, and the operation may be on record. A second
  /// completion, `applied` or `not_stored`, follows when the store can tell.
  unknown,
};

/// The answer to an operation with a token. Sent after the commit.
struct completion {
  std::uint64_t token = 0;
  dispatch_number number{};
  outcome what = outcome::applied;
  /// Why, if the outcome is `not_stored` or `unknown`.
  fault why = fault::none;
  /// The dispatch that has the idempotency key.
  message_id existing = {};
  /// The first of the reserved incarnations.
  incarnation first_reserved{};
  /// The time of the commit.
  timestamp at{};
  /// The report's cost was added to the sums.
  bool is_settled = false;
};

} // namespace bridgekeeper::store
