#pragma once

#include <cstdint>
#include <string_view>

namespace bridgekeeper {

/// What an operator wants of an agent.
enum class agent_duty : std::uint8_t {
  /// It is sent dispatches.
  working,
  /// It finishes what it has and is sent nothing new. Its link stays.
  cordoned,
  /// As `cordoned`; when it has nothing left to finish, its link is closed.
  draining,
};

/// The name in the log and in the audit log: `working`, `cordoned`, `draining`.
[[nodiscard]] constexpr std::string_view to_string(agent_duty x) noexcept {
  switch (x) {
  case agent_duty::working:
    break;
  case agent_duty::cordoned:
    return "cordoned";
  case agent_duty::draining:
    return "draining";
  }
  return "working";
}

} // namespace bridgekeeper
