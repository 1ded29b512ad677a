#pragma once

#include "domain/result.hpp"
#include "domain/timestamp.hpp"

#include <string_view>

namespace bridgekeeper::app {

/// When a token ends that is made now: after a while (`90d`, `12h`), on a date
/// or at a time (see `parse_iso8601`). A failure for what is neither,
/// or is not in the future, or after the year 9999.
[[nodiscard]] result<timestamp> parse_token_expiry(std::string_view text,
                                                   timestamp now);

} // namespace bridgekeeper::app
