#pragma once

#include "domain/result.hpp"
#include "domain/timestamp.hpp"

#include <string_view>

namespace bridgekeeper::app {

/// Parses the expiry of a new token: a duration (`90d`, `12h`), a date or a
/// time (see `parse_iso8601`). Fails for any other text, for a time that is not
/// in the future, and for durations of more than 1000 years.
[[nodiscard]] result<timestamp> parse_token_expiry(std::string_view text,
                                                   timestamp now);

} // namespace bridgekeeper::app
