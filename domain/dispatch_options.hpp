#pragma once

#include "domain/dispatch_life.hpp"
#include "domain/durability.hpp"

#include <chrono>
#include <cstdint>
#include <optional>
#include <string_view>

namespace bridgekeeper {

/// The place of a dispatch among those that wait for the same agent.
enum class dispatch_priority : std::int8_t { low = -1, normal = 0, high = 1 };

/// The name used in JSON and on the command line: `high`, `normal`, `low`.
[[nodiscard]] constexpr std::string_view
to_string(dispatch_priority x) noexcept {
  switch (x) {
  case dispatch_priority::low:
    return "low";
  case dispatch_priority::normal:
    break;
  case dispatch_priority::high:
    return "high";
  }
  return "normal";
}

/// The most attempts that a dispatch may have.
inline constexpr std::uint16_t max_dispatch_attempts = 10;

/// How a requester wants its dispatch to be carried out.
struct dispatch_options {
  /// How long one attempt may take, from when its frame is sent. Unset: the
  /// daemon's default.
  std::optional<std::chrono::milliseconds> timeout = {};
  /// How long the dispatch may wait until it is sent. If set, it may also wait
  /// for an agent that is not connected. Unset: the daemon's default timeout.
  std::optional<std::chrono::milliseconds> queue_timeout = {};
  /// How long all attempts may take together, from the acceptance.
  std::optional<std::chrono::milliseconds> total_timeout = {};
  retry_policy retry = {};
  /// How long to wait before the second attempt; twice as long before each
  /// further one.
  std::chrono::milliseconds backoff{};
  dispatch_priority priority = dispatch_priority::normal;
  /// `commit` or `full`. Unset: the daemon's.
  std::optional<durability> level = {};

  friend bool operator==(const dispatch_options&,
                         const dispatch_options&) = default;
};

} // namespace bridgekeeper
