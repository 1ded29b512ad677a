#pragma once

#include "domain/failure_class.hpp"
#include "domain/timestamp.hpp"

#include <optional>
#include <string_view>

namespace bridgekeeper::app {

/// The class of a failure according to the text of an error message. Must not
/// be called with anything else: an answer may be about rate limits, too. Of a
/// long message, only the beginning and the end are searched.
[[nodiscard]] std::optional<failure_class>
classify_failure(std::string_view error) noexcept;

/// The class that an HTTP status stands for, if it stands for one.
[[nodiscard]] std::optional<failure_class>
classify_status(int http_status) noexcept;

/// When requests are accepted again, if the message of a rate limit says so
/// without ambiguity: a time with its date and zone, a number of seconds since
/// 1970, a time of day in UTC (then the next such time after `now`), or a span
/// of time (`try again in 5 minutes`). A time of day in another zone is
/// ambiguous for a daemon elsewhere.
[[nodiscard]] std::optional<timestamp> retry_time(std::string_view error,
                                                  timestamp now);

/// Seconds (or milliseconds) since 1970; nothing if that is not in this
/// century.
[[nodiscard]] std::optional<timestamp> time_since_epoch(double x) noexcept;

} // namespace bridgekeeper::app
