#pragma once

#include "domain/dispatch_record.hpp"
#include "protocol/json_slices.hpp"

#include <memory>
#include <string>
#include <string_view>

namespace bridgekeeper::protocol {

/// The format of `GET /control/dispatches/{message_id}` and of the response to
/// a dispatch that waits for its outcome: `message_id, agent_id, status,
/// content, usage, error, timings`, and what protocol 1.1 adds to a response.
/// `more` is added as it is: further members, starting with a comma.
[[nodiscard]] std::string encode(const dispatch_record& x,
                                 std::string_view more = {});

/// The same, produced in slices; keeps the record alive.
[[nodiscard]] json_slices slices_of(std::shared_ptr<const dispatch_record> x,
                                    std::string_view more = {});

} // namespace bridgekeeper::protocol
