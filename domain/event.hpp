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
  /// What else is known: the bridge's own close code and text, for example.
  std::string detail = {};
};

struct task_dispatched {
  static constexpr std::string_view type = "task_dispatched";
  message_id message;
  /// The dispatch this one follows up, where it does.
  std::optional<message_id> followup_to;
};

struct agent_progress {
  static constexpr std::string_view type = "agent_progress";
  std::shared_ptr<const progress> report;
};

struct agent_response {
  static constexpr std::string_view type = "agent_response";
  std::shared_ptr<const response> result;
  /// The reported cost is larger than any that is believed.
  bool cost_is_implausible = false;
};

/// A dispatch ended without a result; `result` is set where the bridge said so.
struct agent_error {
  static constexpr std::string_view type = "agent_error";
  message_id message;
  cause why;
  std::shared_ptr<const response> result;
  /// The reported cost is larger than any that is believed.
  bool cost_is_implausible = false;
};

struct agent_heartbeat_lost {
  static constexpr std::string_view type = "agent_heartbeat_lost";
  timestamp last_seen;
  std::chrono::milliseconds timeout{};
};

/// Two bridges, both alive or one of them hung, register as this agent again
/// and again (contract section 6, number 15).
struct agent_conflict {
  static constexpr std::string_view type = "agent_conflict";
  /// The addresses of the bridge that was connected and of the other one.
  std::string standing_ip;
  std::string newcomer_ip;
  /// Which of them has the id now.
  bool newcomer_stands = false;
};

/// What was spent has come close to a limit, with this dispatch. Ends nothing.
struct cost_warning {
  static constexpr std::string_view type = "cost_tracking";
  message_id message;
  micro_usd session_total;
  micro_usd daily_total;
};

/// Something that happened to an agent. Shared between all who hear of it and
/// never changed after the event hub has stamped it.
struct event {
  using body_type =
      std::variant<agent_connected, agent_disconnected, task_dispatched,
                   agent_progress, agent_response, agent_error,
                   agent_heartbeat_lost, agent_conflict, cost_warning>;

  /// Place in the order of all events; set by the hub, from 1 without gaps.
  std::uint64_t sequence = 0;
  /// When; set by the hub, strictly increasing.
  timestamp at{};
  agent_id agent;
  /// The session the event belongs to: the dispatching one, or the bridge's.
  shared_session session;
  /// The bridge's own session, where that is another one: its readers hear of
  /// the event as well (contract section 6, number 10). Else none.
  shared_session bridge_session;
  body_type body;
  /// For how many readers it waits. Says nothing about the event itself.
  mutable reader_mark readers;
  /// Its JSON, as long as somebody holds that: see `text_of`.
  mutable text_memo text;
};

using event_ptr = std::shared_ptr<const event>;

/// The contract's name of what happened: `agent_response`.
[[nodiscard]] std::string_view type_of(const event& x) noexcept;

/// The dispatch the event is about, or null.
[[nodiscard]] const message_id* message_of(const event& x) noexcept;

/// Roughly how much memory a response holds on to beyond its own size, and an
/// event in all: for bounds.
[[nodiscard]] std::size_t footprint(const response& x) noexcept;

[[nodiscard]] std::size_t footprint(const event& x) noexcept;

} // namespace bridgekeeper
