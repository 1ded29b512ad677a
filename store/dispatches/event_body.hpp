#pragma once

#include "domain/event.hpp"

#include <cstdint>
#include <optional>
#include <string>

namespace bridgekeeper::store {

/// The number of an event's type in the store. Numbers are stable and never
/// reused; those up to 15 are for events that `event` has or will have.
enum class event_type : std::uint8_t {
  agent_connected = 1,
  agent_disconnected = 2,
  task_dispatched = 3,
  agent_progress = 4,
  agent_response = 5,
  agent_error = 6,
  agent_heartbeat_lost = 7,
  agent_conflict = 8,
  cost_tracking = 9,
  late_result = 10,
  task_queued = 11,
  task_sent = 12,
  task_retrying = 13,
  task_cancelled = 14,
};

/// The type whose events `is_expendable` in the domain. They have chains of
/// their own, and are removed earlier than others.
inline constexpr auto expendable_type = event_type::agent_progress;

[[nodiscard]] constexpr bool is_expendable(event_type x) noexcept {
  return x == expendable_type;
}

[[nodiscard]] event_type stored_type(const event& x) noexcept;

/// What the row of an event does not say in other columns, as JSON text. Empty
/// if that is nothing. A result is not part of it, because it is stored once,
/// with the dispatch and `attempt`.
[[nodiscard]] std::string stored_body(const event& x, std::uint16_t attempt);

/// The attempt whose result the event carries; 0 if it carries none.
[[nodiscard]] std::uint16_t result_attempt(event_type type,
                                           const std::string& body);

/// The parts of a stored event from which its body is made again.
struct stored_event {
  event_type type{};
  std::string body = {};
  message_id message = {};
  agent_id agent = {};
  /// The dispatch's result, if the event carries one and it is still stored.
  std::shared_ptr<const response> result = {};
};

/// The opposite of `stored_body`. Nothing if the body cannot be read, for
/// example because a later version has written it.
[[nodiscard]] std::optional<event::body_type> to_body(const stored_event& x);

} // namespace bridgekeeper::store
