#pragma once

#include "domain/dispatch_record.hpp"
#include "protocol/json_slices.hpp"

#include <memory>
#include <string>

namespace bridgekeeper::protocol {

/// The format of `GET /control/dispatches/{message_id}` and of the response to
/// a dispatch that waits for its outcome: `message_id, agent_id, status,
/// content, usage, error, timings`.
[[nodiscard]] std::string encode(const dispatch_record& x);

/// The same, produced in slices; keeps the record alive.
[[nodiscard]] json_slices slices_of(std::shared_ptr<const dispatch_record> x);

} // namespace bridgekeeper::protocol
