#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

namespace bridgekeeper {

/// Every reason for which Bridgekeeper rejects, closes or fails something. HTTP
/// bodies, close frames, events, the CLI and the console all use this
/// vocabulary. The numbers are stable and never reused.
enum class errc : std::uint8_t {
  // -- authentication and connection limits -----------------------------------

  /// A control request carries no token.
  missing_token = 1,
  /// The token is unknown.
  invalid_token = 2,
  /// No tokens are configured.
  auth_not_configured = 3,
  /// Too many unregistered connections, or too many connections in total.
  too_many_connections = 4,
  /// The token is valid but lacks the required scope.
  missing_scope = 5,
  /// Too many wrong tokens from one address are waiting to be checked.
  too_many_attempts = 6,

  // -- invalid messages and requests ------------------------------------------

  /// Text that is not JSON or is nested too deeply.
  invalid_json = 10,
  /// JSON that is not a valid message: a field is missing or has the wrong
  /// type.
  invalid_message = 11,
  /// The first frame of a bridge was not `register`, or did not arrive in time.
  not_registered = 12,
  /// An agent id that could not be used in an HTTP path.
  invalid_agent_id = 13,
  /// A task without text.
  empty_content = 14,
  /// A task whose text is longer than the limit.
  content_too_long = 15,
  /// A frame or body over its size limit.
  too_large = 16,
  /// A binary frame where text is expected.
  binary_frame = 17,
  /// A request that did not arrive in time.
  request_timeout = 18,
  /// A request whose HTTP is malformed.
  bad_request = 19,
  /// The header is larger than the limit.
  header_too_large = 20,
  /// A registration over HTTP whose name or endpoint URL is blank.
  blank_registration = 21,
  /// A WebSocket route was requested without an upgrade, or with a version
  /// other than 13.
  bad_upgrade = 22,
  /// The idempotency key was used for another request.
  idempotency_conflict = 23,

  // -- requests that cannot be met --------------------------------------------

  /// Only dispatches that have ended can be erased.
  not_ended = 28,
  /// Only disconnected agents can be forgotten.
  agent_still_connected = 29,
  unknown_route = 30,
  /// The route exists but does not support this method.
  method_not_allowed = 31,
  /// No agent with this id has ever been seen.
  unknown_agent = 32,
  /// The agent is known, but its bridge is not connected.
  agent_not_connected = 33,
  /// No dispatch with this id is on record.
  unknown_dispatch = 34,
  /// The agent already has the maximum number of unfinished dispatches.
  too_many_pending = 35,
  /// The agent or the requester's address has used up its dispatches for this
  /// minute.
  rate_limited = 36,
  /// The money spent and reserved leaves no room for another dispatch.
  cost_limit = 37,
  /// No session with this id was opened, and no event belongs to it.
  unknown_session = 38,
  /// A follow-up to an agent that has never had a task.
  no_task = 39,

  // -- ends of dispatches and links -------------------------------------------

  /// The deadline passed before the response arrived.
  timeout = 40,
  /// The bridge's connection ended before the response arrived.
  agent_lost = 41,
  /// The same id registered again, and the newer connection took over.
  replaced = 42,
  /// A client or an operator cancelled the dispatch.
  cancelled = 43,
  /// The bridge has been silent for longer than allowed.
  heartbeat_timeout = 44,
  /// An operator disconnected the agent.
  evicted = 45,
  /// The bridge reported that the task failed.
  task_failed = 46,
  /// The token that the agent registered with was revoked, was changed or has
  /// expired.
  token_revoked = 47,
  /// Another live bridge keeps the agent id.
  agent_id_in_use = 48,
  /// A dispatch that has ended cannot be cancelled.
  already_ended = 49,

  // -- dropped messages -------------------------------------------------------

  /// A result or heartbeat that names another agent.
  forged_result = 50,
  /// A result for a dispatch that is not pending on this incarnation.
  unknown_message = 51,
  /// An invalid response to a known dispatch.
  unreadable_response = 52,

  // -- flow control, shutdown and internal errors -----------------------------

  /// The peer reads more slowly than the daemon writes.
  overflow = 60,
  draining = 61,
  /// The daemon is not ready to serve requests.
  unavailable = 62,
  /// A defect in the daemon.
  internal = 63,
  peer_closed = 64,
  /// The peer read none of the data queued for it for too long.
  stalled = 65,
  /// Too much data was queued in total, and this peer had the most of it.
  output_budget = 66,
  /// Large responses for this token have reached their memory limit.
  too_many_answers = 67,
  /// Large responses have reached their total memory limit.
  answers_full = 68,
  already_subscribed = 69,
  bridge_behind = 70,
  /// An operator has drained the agent, which had nothing left to finish.
  drained = 71,
  /// The bridge has registered again on another connection, which took over.
  registered_again = 72,

  // -- the store ---------------------------------------------------------------

  /// The disk with the data directory, or its quota, is full.
  store_full = 80,
  /// The disk failed during a commit, which may or may not be on record.
  store_unknown = 81,
  /// Another program holds the store's write lock.
  store_busy = 82,
  store_corrupt = 83,
  store_read_only = 84,
  /// A later version has written the store.
  store_newer = 85,
};

/// The attributes of a reason.
struct errc_info {
  errc code;
  /// Stable, machine-readable: `agent_lost`.
  std::string_view token;
  /// For people, and identical to the contract's text where it has one.
  std::string_view sentence;
  /// Status of the HTTP response.
  unsigned http_status;
  /// Code of the WebSocket close frame.
  std::uint16_t close_code;
  /// Whether the same request may succeed later.
  bool retry_helps;
};

/// Returns the row for `code`; every enumerator has one.
[[nodiscard]] const errc_info& describe(errc code) noexcept;

/// All rows, ordered by number. For documentation and tests.
[[nodiscard]] std::span<const errc_info> all_reasons() noexcept;

/// The reason with this number, if it exists.
[[nodiscard]] std::optional<errc> to_errc(std::uint8_t number) noexcept;

[[nodiscard]] inline std::string_view token(errc code) noexcept {
  return describe(code).token;
}

[[nodiscard]] inline std::string_view sentence(errc code) noexcept {
  return describe(code).sentence;
}

} // namespace bridgekeeper
