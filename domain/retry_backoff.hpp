#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>

namespace bridgekeeper {

/// How long a dispatch waits before this attempt, the second or a later one.
/// `first` comes before the second attempt, twice as long before each further
/// one, up to an hour; a longer time is only used if it was asked for.
[[nodiscard]] constexpr std::chrono::milliseconds
backoff_before(std::uint16_t attempt,
               std::chrono::milliseconds first) noexcept {
  constexpr std::chrono::milliseconds longest = std::chrono::hours{1};
  auto out = first;
  for (auto i = 2; i < attempt && out < longest; ++i)
    out *= 2;
  return std::min(out, std::max(longest, first));
}

} // namespace bridgekeeper
