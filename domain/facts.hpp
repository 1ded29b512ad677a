#pragma once

#include "domain/admission.hpp"
#include "domain/agent_duty.hpp"
#include "domain/announcement.hpp"
#include "domain/dispatch_life.hpp"
#include "domain/errc.hpp"
#include "domain/failure_class.hpp"
#include "domain/ids.hpp"
#include "domain/messages.hpp"
#include "domain/origin.hpp"
#include "domain/result.hpp"
#include "domain/time_point.hpp"
#include "domain/timestamp.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// What happens in a daemon and is logged, counted, audited or published as an
/// event. The place where something happens states the fact once, with
/// `actors::tell`; tellers decide where to report it, and in which words. To
/// add a fact, add a struct here and an overload to each teller that tells it.
///
/// A fact holds references to its author's data and owns nothing, so it needs
/// no allocation and is valid only during the call of `tell`. Facts that an
/// agent states refer to its `announcement`.
namespace bridgekeeper::fact {

/// Whether to log a fact that a peer can repeat at will: empty if not,
/// otherwise the number of such facts that were not logged since the last
/// logged one. See `complaint_throttle`.
using log_turn = std::optional<std::size_t>;

// -- tokens -------------------------------------------------------------------

/// The interfaces at which a token is required.
enum class gate : std::uint8_t { http, control_socket, bridge, console };

/// An HTTP request; empty for other interfaces. The path excludes the query,
/// which may contain a token.
struct request_line {
  std::string_view method = {};
  std::string_view path = {};
};

/// Not stated for polls, which would push evidence out of the audit log: see
/// `counters::polls`.
struct token_accepted {
  gate where = gate::http;
  const origin& from;
  request_line what = {};
  /// The agent of a bridge; otherwise null.
  const announcement* agent = nullptr;
};

struct token_refused {
  gate where = gate::http;
  errc why = errc::invalid_token;
  const origin& from;
  time_point at;
  request_line what = {};
  /// Details beyond the reason, if any are known.
  std::string_view detail = {};
  /// The agent id that a bridge claims; may be anything, such as a misplaced
  /// secret.
  std::string_view claimed = {};
};

// -- agents -------------------------------------------------------------------

/// A bridge was rejected before its upgrade, which makes it try again.
struct bridge_rejected {
  errc why = errc::draining;
  const origin& from;
  time_point at;
};

struct registration_refused {
  /// The id that the bridge claims; empty unless it is a valid one.
  const agent_id& claimed;
  errc why = errc::invalid_message;
  /// Details for the operator, who may see more than the bridge.
  std::string_view detail;
  const origin& from;
  time_point at;
};

struct agent_connected {
  const announcement& agent;
  incarnation number{};
  const origin& from;
};

struct agent_disconnected {
  const announcement& agent;
  incarnation number{};
  errc why = errc::agent_lost;
  /// Details beyond the reason, such as the bridge's own close code and text.
  const std::string& detail;
  const origin& from;
  /// The number of its messages that were refused.
  std::uint64_t refused_results = 0;
};

/// An agent is evicted because it is stale.
struct agent_timed_out {
  const announcement& agent;
  const origin& from;
  std::chrono::milliseconds silent{};
  std::chrono::milliseconds allowed{};
  timestamp last_seen;
};

/// An agent is disconnected because its token, which has this label, is no
/// longer valid.
struct agent_token_revoked {
  const announcement& agent;
  const origin& from;
  const std::string& label;
};

/// An agent registered again, and its older connection is closed.
struct agent_replaced {
  const announcement& older;
  const announcement& newer;
};

/// Two bridges use the same agent id; see the event `agent_conflict`.
struct agent_conflict {
  const announcement& standing;
  const announcement& newcomer;
  bool newcomer_stands = false;
};

/// An agent's actor ended with an exception.
struct agent_died {
  const agent_id& agent;
  const std::string& how;
};

/// A disconnected agent was forgotten on request.
struct agent_forgotten {
  const agent_id& agent;
  const origin& from;
};

/// A dispatch was erased on request.
struct dispatch_erased {
  /// Empty if no agent ever had it.
  const agent_id& agent;
  const message_id& message;
  const origin& from;
};

/// An agent was erased on request, with its dispatches and events.
struct agent_erased {
  const agent_id& agent;
  const origin& from;
};

/// An operator has cordoned, drained or uncordoned agents.
struct agent_duty_changed {
  /// Empty if all known agents are meant.
  const agent_id& agent;
  agent_duty duty = agent_duty::working;
  /// How many agents it changes anything for.
  std::uint64_t count = 1;
  /// At the console, only the token's label.
  const origin& from;
  gate where = gate::http;
};

// -- dispatches ---------------------------------------------------------------

/// A dispatch, or a follow-up to the dispatch `followup_to`, was sent to the
/// bridge.
struct dispatch_started {
  const announcement& agent;
  const dispatch& task;
  const std::optional<message_id>& followup_to;
  const origin& from;
  /// Of its trace; empty if it has none.
  std::string_view traceparent = {};
};

/// A dispatch was accepted, and is on record if the daemon has a store. Its
/// agent is empty if none has been chosen yet. `dispatch_started` is stated as
/// well, but only once there is an agent.
struct dispatch_accepted {
  const dispatch& task;
  const origin& from;
  std::string_view traceparent;
  /// It waits, rather than being sent at once.
  bool waits = false;
  log_turn log;
};

/// A request led to no dispatch. Not stated if a limit of rates or costs was
/// the reason: these have facts of their own.
struct dispatch_refused {
  const dispatch& task;
  const origin& from;
  std::string_view traceparent;
  const failure& why;
  log_turn log;
};

/// A dispatch has ended, in whichever way, after all its attempts.
struct dispatch_ended {
  const dispatch& task;
  std::string_view traceparent;
  dispatch_state outcome = dispatch_state::completed;
  /// Why it was not completed; null if it was.
  const failure* why = nullptr;
  std::uint16_t attempt = 1;
  /// How long it waited before it was first sent; nothing if it never was, or
  /// by an earlier daemon.
  std::optional<std::chrono::milliseconds> queue_wait;
  /// Since its acceptance.
  std::chrono::milliseconds took{};
  std::optional<micro_usd> cost;
  log_turn log;
};

/// The agent or the requester's address has reached its rate limit.
struct rate_limit_reached {
  const announcement& agent;
  const dispatch& task;
  const origin& from;
  const admission_refusal& refusal;
  log_turn log;
};

/// The money spent and reserved leaves no room for another dispatch.
struct cost_limit_reached {
  const announcement& agent;
  const dispatch& task;
  const origin& from;
  const admission_refusal& refusal;
};

/// Why an accepted dispatch is not sent at once.
enum class queue_cause : std::uint8_t {
  /// The bridge has no free slot, or others wait for one already.
  busy,
  /// An operator has cordoned the agent.
  cordoned,
  /// The bridge has asked for nothing new.
  bridge_draining,
  not_connected,
  /// The link has ended before the frame left.
  link_ended,
};

/// An accepted dispatch waits until its agent can take it.
struct dispatch_queued {
  const announcement& agent;
  const shared_session& session;
  const message_id& message;
  queue_cause why = queue_cause::busy;
};

/// An accepted dispatch that names no agent waits for any able one.
struct dispatch_unassigned {
  const message_id& message;
  const std::vector<std::string>& required;
};

/// A dispatch that has waited was sent to the bridge.
struct dispatch_sent {
  const announcement& agent;
  const shared_session& session;
  const message_id& message;
  std::uint16_t attempt = 1;
};

/// The timers that end attempts and dispatches.
enum class dispatch_timer : std::uint8_t { none, attempt, queue, total, grace };

/// What a dispatch was allowed when an attempt of it ended.
struct attempt_terms {
  /// The timer that has expired, if one has, and the time that it allows.
  dispatch_timer expired = dispatch_timer::none;
  std::chrono::milliseconds allowed{};
  /// The request has named that time; otherwise it is the daemon's.
  bool is_asked = false;
  std::uint16_t max_attempts = 1;
  /// The class of the failure that the bridge reported, if any.
  std::optional<failure_class> failed_as = {};
  /// How long the next attempt waits for the agent's rate limit to end; 0 if
  /// it does not wait for one.
  std::chrono::milliseconds rate_limit{};
};

/// An attempt has failed, and the dispatch waits for its next one.
struct dispatch_retried {
  const announcement& agent;
  const shared_session& session;
  const message_id& message;
  /// The next attempt, and its earliest time.
  std::uint16_t attempt = 2;
  const failure& why;
  timestamp not_before;
  attempt_terms terms = {};
  std::string_view traceparent = {};
};

/// An attempt has failed, and a further one was wanted, but could be made only
/// after the total timeout. The end of the dispatch follows.
struct retry_dropped {
  const message_id& message;
  /// The attempt that is not made.
  std::uint16_t attempt = 2;
  /// How long it would have had to wait.
  std::chrono::milliseconds pause{};
  std::chrono::milliseconds total_timeout{};
  attempt_terms terms = {};
};

struct progress_reported {
  const announcement& agent;
  const shared_session& session;
  const std::shared_ptr<const progress>& report;
};

/// The bridge's own response has ended a dispatch.
struct response_received {
  const announcement& agent;
  const shared_session& session;
  const std::shared_ptr<const response>& result;
  /// The reported cost exceeds the largest plausible cost.
  bool cost_is_implausible = false;
};

/// A dispatch ended without a valid response.
struct dispatch_failed {
  const announcement& agent;
  const shared_session& session;
  const message_id& message;
  const failure& why;
  attempt_terms terms = {};
};

/// A control client or an operator has ended a dispatch. `dispatch_failed`
/// follows.
struct dispatch_cancelled {
  const announcement& agent;
  const shared_session& session;
  const message_id& message;
};

/// The bridge's response to a dispatch that had ended without one was kept.
struct late_result_kept {
  const announcement& agent;
  const shared_session& session;
  const std::shared_ptr<const response>& result;
};

/// A bridge is back and goes on with what it had.
struct bridge_resumed {
  const announcement& agent;
  const origin& from;
  /// How many dispatches go on, and how many are no longer wanted.
  std::size_t adopted = 0;
  std::size_t cancelled = 0;
};

/// A message was refused because it names another agent (`forged_result`) or a
/// dispatch that is not pending there (`unknown_message`; contract section 6,
/// number 5), or because it is an invalid response (`unreadable_response`).
struct result_refused {
  const announcement& agent;
  const origin& from;
  errc why = errc::unknown_message;
  /// The agent that the message names.
  const agent_id& claimed;
  /// Empty for a heartbeat.
  const message_id& message;
  /// Counts the refused messages of this connection, starting at 1.
  std::uint64_t nth = 1;
  log_turn log;
  /// What makes a response invalid.
  std::string_view detail = {};
};

/// A frame of an agent was neither a valid message nor a response.
struct frame_ignored {
  const announcement& agent;
  const origin& from;
  const failure& why;
  log_turn log;
};

// -- costs --------------------------------------------------------------------

/// The cost of a dispatch that has ended, and the resulting totals.
struct cost_recorded {
  const announcement& agent;
  const shared_session& session;
  const message_id& message;
  const admission::settlement& cost;
};

/// The reported cost of a dispatch is implausible; its tokens are priced
/// instead.
struct cost_implausible {
  const announcement& agent;
  const origin& from;
  const shared_session& session;
  const message_id& message;
  /// In US dollars.
  double reported = 0;
  micro_usd cost;
  log_turn log;
};

/// Session spending was reset to 0.
struct costs_reset {
  const session_id& session;
  const origin& from;
  micro_usd before;
};

// -- refusals -----------------------------------------------------------------

/// A new connection was rejected.
struct connection_refused {
  const origin& from;
  errc why = errc::too_many_connections;
};

/// A bridge's link was closed before the bridge had registered, and nothing
/// else was told about that.
struct link_ended_early {
  /// Empty if the bridge has not said who it is.
  const agent_id& claimed;
  const origin& from;
  errc why = errc::peer_closed;
  const std::string& detail;
};

/// A request of a control client was refused, over HTTP or on a control
/// channel.
struct request_refused {
  const cause& why;
  const origin& from;
  /// The route; empty on a control channel.
  request_line what = {};
  /// The agent and the dispatch that the request is about, which may not exist.
  /// Null or empty: none.
  const agent_id* agent = nullptr;
  const message_id* message = nullptr;
  /// The dispatch is the refused one: the daemon has made its id, not the
  /// client.
  bool is_new_message = false;
  /// The client had a valid token.
  bool is_authorized = false;
};

// -- control clients ----------------------------------------------------------

/// Whether a connection ended because the peer did not read.
[[nodiscard]] constexpr bool is_slow_reader(errc why) noexcept {
  return why == errc::overflow || why == errc::stalled
         || why == errc::output_budget;
}

/// A control channel has ended.
struct control_client_disconnected {
  const origin& from;
  errc why = errc::peer_closed;
  std::string_view detail = {};
};

/// An event stream was closed because its reader did not read.
struct stream_reader_dropped {
  const std::string& stream;
  const origin& from;
  errc why = errc::stalled;
  std::string_view detail = {};
  log_turn log;
};

} // namespace bridgekeeper::fact
