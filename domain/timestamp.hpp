#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace bridgekeeper {

/// Wall-clock time in the contract's precision: whole microseconds, UTC.
using timestamp = std::chrono::sys_time<std::chrono::microseconds>;

/// The current time. Never runs backwards within a process, even if the system
/// clock is set back: see `forward_clock`. Any thread.
[[nodiscard]] timestamp wall_clock_now() noexcept;

/// How far `wall_clock_now` is ahead of the system clock; 0 unless the system
/// clock was set back. Any thread.
[[nodiscard]] std::chrono::microseconds wall_clock_offset() noexcept;

/// ISO 8601 with microseconds: `2026-01-31T12:00:00.000001+00:00` (contract
/// section 2). Only the last four digits of the year are written.
[[nodiscard]] std::string to_iso8601(timestamp x);

/// A shorter form for people, to the second: `2026-01-31T12:00:00Z`.
[[nodiscard]] std::string to_iso8601_seconds(timestamp x);

/// Parses the two formats above, for the years 1970 to 9999: a date, which
/// means its first moment in UTC, or a date and a time with its zone (`Z` or
/// `+01:00`). Seconds and their fraction are optional. Returns nothing for any
/// other text.
[[nodiscard]] std::optional<timestamp> parse_iso8601(std::string_view text);

} // namespace bridgekeeper
