#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

namespace bridgekeeper {

/// Every reason for which Bridgekeeper refuses, closes or fails something.
/// HTTP bodies, close frames, events, the CLI and the console all speak this
/// one vocabulary. Numbers are stable: they are never reused.
enum class errc : std::uint8_t {
  // -- who are you ------------------------------------------------------------

  /// A control request carries no token.
  missing_token = 1,
  /// The token is not one of ours.
  invalid_token = 2,
  /// The daemon has no token to compare with.
  auth_not_configured = 3,
  /// Several unregistered connections, or too many in all.
  too_many_connections = 4,
  /// The token is valid but lacks the required scope.
  missing_scope = 5,
  /// More wrong tokens from one address than are answered one by one.
  too_many_attempts = 6,

  // -- what do you say --------------------------------------------------------

  /// Text that is not JSON, or nests too deep.
  invalid_json = 10,
  /// JSON that is not a message: a field is missing or of the wrong type.
  invalid_message = 11,
  /// The first frame of a bridge was not `register`, or none came in time.
  not_registered = 12,
  /// An agent id that could not be addressed over HTTP.
  invalid_agent_id = 13,
  /// A task without text.
  empty_content = 14,
  /// A task whose text is longer than the limit.
  content_too_long = 15,
  /// A frame or body over its size limit.
  too_large = 16,
  /// A binary frame where text is spoken.
  binary_frame = 17,
  /// A request that did not arrive in time.
  request_timeout = 18,
  /// A request whose HTTP is malformed.
  bad_request = 19,
  /// More header bytes than the limit.
  header_too_large = 20,
  /// A registration over HTTP whose name or endpoint URL is blank.
  blank_registration = 21,
  /// A WebSocket route was requested without an upgrade, or with a version
  /// other than 13.
  bad_upgrade = 22,

  // -- what do you want -------------------------------------------------------

  /// An agent that is connected cannot be forgotten.
  agent_still_connected = 29,
  /// No such route.
  unknown_route = 30,
  /// A route that exists, but not for this method.
  method_not_allowed = 31,
  /// No agent of this id was ever seen.
  unknown_agent = 32,
  /// The agent is known, but its bridge is away.
  agent_not_connected = 33,
  /// No dispatch of this id is on record.
  unknown_dispatch = 34,
  /// The agent already has as many unfinished dispatches as it may.
  too_many_pending = 35,
  /// The agent or the requester's address had its dispatches for this minute.
  rate_limited = 36,
  /// What is spent and promised leaves no room for another dispatch.
  cost_limit = 37,
  /// No session of this id was opened, and none has events.
  unknown_session = 38,
  /// A follow-up to an agent that never had a task.
  no_task = 39,

  // -- why did it end ---------------------------------------------------------

  /// The deadline passed before the response came.
  timeout = 40,
  /// The bridge's connection ended before the response came.
  agent_lost = 41,
  /// The same id registered again and the newer connection stands.
  replaced = 42,
  /// Somebody cancelled the dispatch.
  cancelled = 43,
  /// The bridge said nothing for longer than it may.
  heartbeat_timeout = 44,
  /// The operator made the agent leave.
  evicted = 45,
  /// The bridge reports that the task failed.
  task_failed = 46,
  /// The token the agent registered with was revoked, changed or has expired.
  token_revoked = 47,
  /// Another bridge, which is alive, keeps the agent id.
  agent_id_in_use = 48,

  // -- what we drop -----------------------------------------------------------

  /// A result or heartbeat in another agent's name.
  forged_result = 50,
  /// A result for a dispatch that is not pending on this incarnation.
  unknown_message = 51,
  /// A response whose dispatch is known but that is not a valid message.
  unreadable_response = 52,

  // -- what about us ----------------------------------------------------------

  /// The peer reads more slowly than we write.
  overflow = 60,
  /// The daemon is shutting down.
  draining = 61,
  /// The daemon is not ready to answer.
  unavailable = 62,
  /// A defect of ours.
  internal = 63,
  /// The peer ended the connection.
  peer_closed = 64,
  /// The peer took nothing of what waited for it, for too long.
  stalled = 65,
  /// Too much waited to be sent in all, and most of it for this peer.
  output_budget = 66,
  /// Large answers for this token hold as much memory as they may.
  too_many_answers = 67,
  /// Large answers hold as much memory as they may in all.
  answers_full = 68,
  /// This connection subscribes to that stream already.
  already_subscribed = 69,
  /// The agent's bridge has not read earlier messages yet.
  bridge_behind = 70,
};

/// What there is to know about a reason.
struct errc_info {
  errc code;
  /// Stable, machine-readable: `agent_lost`.
  std::string_view token;
  /// For people, and byte for byte the contract's where it has a text.
  std::string_view sentence;
  /// HTTP status it is answered with.
  unsigned http_status;
  /// WebSocket close code it ends a connection with.
  std::uint16_t close_code;
  /// Whether the same request may succeed later.
  bool retry_helps;
};

/// Returns the row for `code`; every enumerator has one.
[[nodiscard]] const errc_info& describe(errc code) noexcept;

/// All rows, in order of number. For documentation and tests.
[[nodiscard]] std::span<const errc_info> all_reasons() noexcept;

/// The reason with this number, if there is one.
[[nodiscard]] std::optional<errc> to_errc(std::uint8_t number) noexcept;

[[nodiscard]] inline std::string_view token(errc code) noexcept {
  return describe(code).token;
}

[[nodiscard]] inline std::string_view sentence(errc code) noexcept {
  return describe(code).sentence;
}

} // namespace bridgekeeper
