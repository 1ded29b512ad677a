#pragma once

#include "protocol/violation.hpp"
#include "store/dispatches/queries.hpp"

#include <string_view>
#include <vector>

namespace bridgekeeper::api {

/// Parses the query of `GET /control/dispatches`: `state` (names separated by
/// commas, or `unfinished`), `agent`, `since` (a time), `limit` (1 to 1000) and
/// `after` (the `next` of the page before). Adds to `wrong` what is invalid.
[[nodiscard]] store::dispatch_filter
parse_dispatch_query(std::string_view target,
                     std::vector<protocol::violation>& wrong);

} // namespace bridgekeeper::api
