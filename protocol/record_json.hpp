#pragma once

#include "domain/dispatch_record.hpp"
#include "protocol/json_slices.hpp"

#include <memory>
#include <string>

namespace bridgekeeper::protocol {

/// As `GET /control/dispatches/{message_id}` and a dispatch that is waited for
/// answer it: `message_id, agent_id, status, content, usage, error, timings`.
[[nodiscard]] std::string encode(const dispatch_record& x);

/// The same, made slice by slice; holds on to the record.
[[nodiscard]] json_slices slices_of(std::shared_ptr<const dispatch_record> x);

} // namespace bridgekeeper::protocol
