#pragma once

#include "domain/dispatch_life.hpp"
#include "domain/durability.hpp"
#include "domain/event.hpp"
#include "domain/idempotency_key.hpp"
#include "domain/ids.hpp"
#include "domain/micro_usd.hpp"
#include "domain/origin.hpp"
#include "domain/timestamp.hpp"
#include "store/dispatches/state_set.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <variant>
#include <vector>

namespace bridgekeeper::store {

/// The row of a dispatch, also its place in the order of all dispatches:
/// `writer::next_number` gives it out before the dispatch is stored.
enum class dispatch_number : std::int64_t {};

/// What must not be lost once a commit has had effects.
using bridgekeeper::durability;

/// Events that belong to an operation. The writer gives them their sequence
/// numbers and times when it has committed them; nobody else changes them.
using event_list = std::vector<std::shared_ptr<event>>;

/// Selects a dispatch and says when an update of it applies. If the row does
/// not match, the operation came late and changes nothing.
struct guard {
  dispatch_number number{};
  /// 0: whatever the attempt.
  std::uint16_t attempt = 0;
  state_set in;
  /// The incarnation that the attempt was sent to, where it matters.
  std::optional<incarnation> link = std::nullopt;
};

/// What a bridge reported at the end of an attempt, and what it cost.
struct outcome_report {
  std::shared_ptr<const response> answer;
  std::optional<micro_usd> cost;
};

// -- the life of a dispatch ---------------------------------------------------

/// A new dispatch, queued or already on its way. Gated.
struct insert_dispatch {
  dispatch_number number{};
  message_id id;
  /// Empty if it has yet to be chosen.
  agent_id agent;
  session_id session;
  dispatch_state state = dispatch_state::queued;
  /// Of the first attempt, if the state is `sent`.
  incarnation link{};
  std::string instance = {};
  std::uint16_t max_attempts = 1;
  std::int8_t priority = 0;
  std::optional<message_id> followup_to = {};
  std::optional<timestamp> start_by = {};
  std::optional<timestamp> deadline = {};
  std::string content = {};
  /// JSON text; empty if there is none.
  std::string context = {};
  std::string options = {};
  origin from = {};
  std::optional<idempotency_key> key = {};
  event_list events = {};
};

/// Queued → sent. Gated: the frame leaves when this is stored.
struct mark_sent {
  dispatch_number number{};
  std::uint16_t attempt = 1;
  incarnation link{};
  std::string instance = {};
  std::optional<timestamp> deadline = {};
  /// The agent, if the dispatch had none.
  std::optional<agent_id> agent = {};
  event_list events = {};
};

/// Sent → queued, because the frame could not leave. Uses up no attempt.
struct unsend {
  dispatch_number number{};
  std::uint16_t attempt = 1;
  incarnation link{};
  event_list events = {};
};

/// Sent → accepted. Lazy.
struct mark_accepted {
  dispatch_number number{};
  std::uint16_t attempt = 1;
};

/// Sent or accepted → running. Lazy.
struct mark_running {
  dispatch_number number{};
  std::uint16_t attempt = 1;
};

/// The link is gone; its bridge may come back. Lazy, because a restart assumes
/// the same.
struct await_bridge {
  dispatch_number number{};
  std::uint16_t attempt = 1;
  incarnation link{};
  timestamp until{};
};

/// The bridge is back on another link. Gated: a frame that must be sent again
/// leaves when this is stored.
struct adopt {
  dispatch_number number{};
  std::uint16_t attempt = 1;
  incarnation link{};
  std::string instance = {};
};

/// Ends a dispatch. If the row does not match and there is a report, the report
/// is kept as late: that is how a result of an attempt that has ended already
/// is stored. Gated.
struct end_dispatch {
  guard when;
  dispatch_state to = dispatch_state::completed;
  std::optional<errc> reason = {};
  std::string detail = {};
  outcome_report report = {};
  /// If the guard matches.
  event_list events = {};
  /// If the report is kept as late.
  event_list late_events = {};
};

/// Queues a dispatch again as its next attempt. Gated.
struct retry_dispatch {
  guard when;
  errc reason = errc::agent_lost;
  std::string detail = {};
  timestamp not_before{};
  outcome_report report = {};
  event_list events = {};
  event_list late_events = {};
};

// -- everything else ----------------------------------------------------------

/// Events that no other operation causes, such as progress. Prompt: stored with
/// the next commit, but never synchronized for their own sake.
struct record_events {
  event_list events;
  /// The dispatch that they belong to, if any.
  std::optional<dispatch_number> number = {};
  std::uint16_t attempt = 0;
};

/// Adds an agent or updates it. Unset fields keep their values, except that an
/// agent that was forgotten is no longer cordoned. Lazy; gated if it says
/// whether the agent is cordoned.
struct upsert_agent {
  agent_id id;
  std::optional<std::string> name = {};
  std::optional<std::string> endpoint_url = {};
  /// What the bridge announced, as JSON text.
  std::optional<std::string> announced = {};
  std::optional<bool> cordoned = {};
  timestamp seen{};
};

/// The agent is no longer listed. What it did stays on record. Gated.
struct forget_agent {
  agent_id id;
};

/// Adds a session, or sets what it has spent. Gated.
struct upsert_session {
  session_id id;
  /// The agent, if the session is that of a bridge.
  std::optional<agent_id> agent = {};
  timestamp opened{};
  /// Set when spending starts again at 0.
  std::optional<micro_usd> spent = {};
};

/// Reserves the next 1000 incarnations. Gated.
struct reserve_incarnations {};

/// Erases a dispatch that has ended: its rows and their traces in the file.
/// Refused if it has not ended. Gated.
struct erase_dispatch {
  dispatch_number number{};
};

/// Erases an agent and everything that belongs to it. Refused while any of its
/// dispatches is unfinished. Gated.
struct erase_agent {
  agent_id id;
};

using operation_body =
    std::variant<insert_dispatch, mark_sent, unsend, mark_accepted,
                 mark_running, await_bridge, adopt, end_dispatch,
                 retry_dispatch, record_events, upsert_agent, forget_agent,
                 upsert_session, reserve_incarnations, erase_dispatch,
                 erase_agent>;

struct operation {
  operation_body body;
  /// Returned with the completion. 0: no completion is wanted.
  std::uint64_t token = 0;
  durability level = durability::full;
  /// The I/O thread that gets the completion. Set by `writer::submit`.
  std::uint32_t thread = 0;
};

/// When an operation is committed.
enum class urgency : std::uint8_t {
  /// Effects wait for the commit, and the commit for the disk.
  gated,
  /// At once, but without waiting for the disk.
  prompt,
  /// With the next commit, or after 50 ms without waiting for the disk.
  lazy,
};

[[nodiscard]] urgency urgency_of(const operation& x) noexcept;

/// Whether the operation is refused, rather than kept in memory, while the
/// store cannot write: new work is, what follows from accepted work is not.
[[nodiscard]] bool is_refusable(const operation& x) noexcept;

/// Whether what the operation deletes must be overwritten.
[[nodiscard]] bool is_erasure(const operation& x) noexcept;

/// The most events that the operations can add.
[[nodiscard]] std::int64_t
max_events(std::span<const operation> operations) noexcept;

/// Approximate memory use in bytes.
[[nodiscard]] std::size_t footprint(const operation& x) noexcept;

} // namespace bridgekeeper::store
