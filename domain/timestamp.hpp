#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace bridgekeeper {

/// Wall-clock time as the contract writes it: whole microseconds, UTC.
using timestamp = std::chrono::sys_time<std::chrono::microseconds>;

/// What time it is. Never runs backwards in a process, also where the system's
/// clock is set back: see `forward_clock`. Any thread.
[[nodiscard]] timestamp wall_clock_now() noexcept;

/// How far that is ahead of the system's clock; 0 unless the system's clock was
/// set back. Any thread.
[[nodiscard]] std::chrono::microseconds wall_clock_offset() noexcept;

/// ISO-8601 with microseconds: `2026-01-31T12:00:00.000001+00:00`
/// (contract section 2). Of the year, the last four digits.
[[nodiscard]] std::string to_iso8601(timestamp x);

/// The same as people write it, to the second: `2026-01-31T12:00:00Z`.
[[nodiscard]] std::string to_iso8601_seconds(timestamp x);

/// Reads what the above write, from the year 1970 to 9999: a date, which stands
/// for its first moment in UTC, or a date and a time with its zone (`Z` or
/// `+01:00`); seconds and their fraction may be left out. Nothing for all else.
[[nodiscard]] std::optional<timestamp> parse_iso8601(std::string_view text);

} // namespace bridgekeeper
