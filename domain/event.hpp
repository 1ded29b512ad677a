#pragma once

#include "domain/messages.hpp"
#include "domain/micro_usd.hpp"
#include "domain/reader_mark.hpp"
#include "domain/result.hpp"
#include "domain/shared_text.hpp"
#include "domain/timestamp.hpp"

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace bridgekeeper {

// -- what can happen (contract section 4) -------------------------------------

struct agent_connected {
  static constexpr std::string_view type = "agent_connected";
  incarnation number{};
  std::vector<std::string> capabilities;
  std::optional<std::string> workdir;
};

struct agent_disconnected {
  static constexpr std::string_view type = "agent_disconnected";
  errc reason = errc::peer_closed;
  /// Further details, for example the bridge's own close code and text.
  std::string detail = {};
};

struct task_dispatched {
  static constexpr std::string_view type = "task_dispatched";
  message_id message;
  /// The dispatch that this one follows up, if any.
  std::optional<message_id> followup_to;
  /// The `traceparent` of its trace; empty if it has none.
  std::string traceparent = {};
};

struct agent_progress {
  static constexpr std::string_view type = "agent_progress";
  std::shared_ptr<const progress> report;
};

struct agent_response {
  static constexpr std::string_view type = "agent_response";
  std::shared_ptr<const response> result;
  /// The reported cost exceeds the largest cost that is believed.
  bool cost_is_implausible = false;
};

/// A dispatch ended without a result. `result` is set if the bridge reported
/// the error.
struct agent_error {
  static constexpr std::string_view type = "agent_error";
  message_id message;
  cause why;
  std::shared_ptr<const response> result;
  /// The reported cost exceeds the largest cost that is believed.
  bool cost_is_implausible = false;
};

struct agent_heartbeat_lost {
  static constexpr std::string_view type = "agent_heartbeat_lost";
  timestamp last_seen;
  std::chrono::milliseconds timeout{};
};

/// Two bridges, both alive or one of them hung, repeatedly register as this
/// agent (contract section 6, number 15).
struct agent_conflict {
  static constexpr std::string_view type = "agent_conflict";
  /// The addresses of the connected bridge and of the other one.
  std::string standing_ip;
  std::string newcomer_ip;
  /// Whether the newcomer has the agent id now.
  bool newcomer_stands = false;
};

/// With this dispatch, spending has come close to a limit. Ends nothing.
struct cost_warning {
  static constexpr std::string_view type = "cost_tracking";
  message_id message;
  micro_usd session_total;
  micro_usd daily_total;
};

/// The bridge has responded although the dispatch had ended without a response,
/// for example because it was cancelled. The result is kept beside the record.
struct late_result {
  static constexpr std::string_view type = "late_result";
  std::shared_ptr<const response> result;
};

/// The dispatch waits in the daemon until its agent has a free slot or comes
/// back.
struct task_queued {
  static constexpr std::string_view type = "task_queued";
  message_id message;
};

/// A dispatch that has waited was sent to its bridge.
struct task_sent {
  static constexpr std::string_view type = "task_sent";
  message_id message;
  std::uint16_t attempt = 1;
};

/// An attempt has failed, and another one follows.
struct task_retrying {
  static constexpr std::string_view type = "task_retrying";
  message_id message;
  /// The attempt that follows.
  std::uint16_t attempt = 2;
  cause why;
  /// It is not sent before this time.
  timestamp not_before{};
};

/// A control client or an operator has cancelled the dispatch. An `agent_error`
/// with the reason `cancelled` follows, which older readers know.
struct task_cancelled {
  static constexpr std::string_view type = "task_cancelled";
  message_id message;
};

/// Something that happened to an agent. Shared by all recipients and immutable
/// after the event hub has stamped it.
struct event {
  using body_type =
      std::variant<agent_connected, agent_disconnected, task_dispatched,
                   agent_progress, agent_response, agent_error,
                   agent_heartbeat_lost, agent_conflict, cost_warning,
                   late_result, task_queued, task_sent, task_retrying,
                   task_cancelled>;

  /// Position in the order of all events; set by the hub, starting at 1 without
  /// gaps.
  std::uint64_t sequence = 0;
  /// Set by the hub; strictly increasing.
  timestamp at{};
  agent_id agent;
  /// The session that the event belongs to: the dispatching session or the
  /// bridge's.
  shared_session session;
  /// The bridge's own session if it is a different one; its readers receive the
  /// event as well (contract section 6, number 10). Otherwise none.
  shared_session bridge_session;
  body_type body;
  /// The number of readers that have yet to be sent this event. Not part of the
  /// event itself.
  mutable reader_mark readers;
  /// The event's JSON, for as long as any reader holds it: see `text_of`.
  mutable text_memo text;
};

using event_ptr = std::shared_ptr<const event>;

/// The contract's name of the event type: `agent_response`.
[[nodiscard]] std::string_view type_of(const event& x) noexcept;

/// Whether the event may be dropped to make room for others. Only for types
/// that end nothing and that later events make up for.
[[nodiscard]] inline bool is_expendable(const event& x) noexcept {
  return std::holds_alternative<agent_progress>(x.body);
}

/// The dispatch that the event is about, or null.
[[nodiscard]] const message_id* message_of(const event& x) noexcept;

/// Whether the event ends the dispatch that it is about. Late results may still
/// follow.
[[nodiscard]] inline bool ends_dispatch(const event& x) noexcept {
  return std::holds_alternative<agent_response>(x.body)
         || std::holds_alternative<agent_error>(x.body);
}

/// Approximate memory use, for enforcing bounds: of a response beyond its own
/// size, and of an event in total.
[[nodiscard]] std::size_t footprint(const response& x) noexcept;

[[nodiscard]] std::size_t footprint(const event& x) noexcept;

} // namespace bridgekeeper
