#pragma once

#include "domain/dispatch_record.hpp"
#include "store/dispatches/queries.hpp"

#include <string>

namespace bridgekeeper::api {

/// The response to `GET /control/dispatches`.
[[nodiscard]] std::string to_json(const store::dispatch_page& x);

/// What the contract's clients see of a stored dispatch.
[[nodiscard]] dispatch_record to_record(const store::dispatch_details& x);

/// The members that the store adds to the record: state, attempts, the task,
/// late results and the history. Starts with a comma.
[[nodiscard]] std::string more_members(const store::dispatch_details& x);

/// The last event in the stream of a dispatch that has ended without an agent,
/// and therefore without a stored event: `outcome`, with the record.
[[nodiscard]] std::string outcome_event(const store::dispatch_details& x);

} // namespace bridgekeeper::api
