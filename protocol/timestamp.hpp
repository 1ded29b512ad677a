#pragma once

#include <chrono>
#include <string>

namespace bridgekeeper::protocol {

/// Wall-clock time as the contract writes it: whole microseconds, UTC.
using timestamp = std::chrono::sys_time<std::chrono::microseconds>;

[[nodiscard]] inline timestamp wall_clock_now() noexcept {
  return std::chrono::floor<std::chrono::microseconds>(
      std::chrono::system_clock::now());
}

/// ISO-8601 with microseconds: `2026-01-31T12:00:00.000001+00:00`
/// (contract section 2).
[[nodiscard]] std::string to_iso8601(timestamp x);

} // namespace bridgekeeper::protocol
