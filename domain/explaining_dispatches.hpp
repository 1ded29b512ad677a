#pragma once

#include "domain/dispatch_life.hpp"
#include "domain/explaining_agents.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace bridgekeeper {

/// What is on record about one dispatch.
struct dispatch_course {
  /// Empty if none has been chosen yet.
  agent_id agent;
  dispatch_state state = dispatch_state::queued;
  std::uint16_t attempt = 1;
  std::uint16_t max_attempts = 1;
  timestamp created{};
  std::optional<timestamp> sent;
  std::optional<timestamp> running;
  std::optional<timestamp> ended;
  /// Why it has ended, or why its last attempt has failed.
  std::optional<errc> reason;
  std::string detail;
  /// The class of its last failed attempt, if its bridge has named one.
  std::optional<failure_class> failed_as;

  // -- timers -----------------------------------------------------------------

  /// Must be sent by then, while it waits.
  std::optional<timestamp> start_by;
  /// Its attempt times out then, while its bridge has it.
  std::optional<timestamp> deadline;
  /// Its next attempt is not made earlier.
  std::optional<timestamp> retry_at;
  /// Its bridge may come back until then.
  std::optional<timestamp> awaited_until;
  /// The timeouts that apply. Unset: those of the daemon.
  std::optional<std::chrono::milliseconds> timeout;
  std::optional<std::chrono::milliseconds> queue_timeout;
  std::optional<std::chrono::milliseconds> total_timeout;
  std::optional<std::chrono::milliseconds> backoff;

  /// What has happened on the way, oldest first.
  struct change {
    enum class kind : std::uint8_t { retried, adopted, cancelled, late_result };
    timestamp at{};
    kind what = kind::retried;
    std::uint16_t attempt = 1;
    std::optional<errc> reason;
  };

  std::vector<change> changes;
};

/// Everything that is known about one dispatch.
struct dispatch_case {
  message_id id;
  timestamp now{};
  setting_values settings;
  /// Unset if it was refused, or if it was forgotten.
  std::optional<dispatch_course> course;
  /// How many are sent before it, if it waits.
  std::optional<std::uint64_t> before;
  /// What its agent must be capable of, if no agent has been chosen yet.
  std::vector<std::string> required;
  /// Its agent, as far as it is known.
  std::optional<agent_view> agent;
  std::optional<live_agent> live;
  /// Oldest first, and the time from which on they are complete.
  std::vector<decision> decisions;
  timestamp decisions_began{};

  /// Whether anything is known.
  [[nodiscard]] bool is_known() const noexcept {
    return course || !decisions.empty();
  }
};

/// Requires a known dispatch.
[[nodiscard]] explanation explain(dispatch_case x);

} // namespace bridgekeeper
