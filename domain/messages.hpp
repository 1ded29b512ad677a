#pragma once

#include "domain/bridge_protocol.hpp"
#include "domain/failure_class.hpp"
#include "domain/ids.hpp"
#include "domain/timestamp.hpp"

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace bridgekeeper {

/// A JSON object as text, known to be well-formed and within the bounds.
/// Arbitrary JSON (`metadata`, `context`, `usage`) passes through the daemon in
/// this form, because only the two ends need to look inside.
class json_object {
public:
  json_object() : text_("{}") {}

  /// Takes text that a parser has already accepted as an object.
  explicit json_object(std::string checked) : text_(std::move(checked)) {}

  [[nodiscard]] const std::string& str() const noexcept {
    return text_;
  }

  friend bool operator==(const json_object&, const json_object&) = default;

private:
  std::string text_;
};

// -- what protocol 1.1 adds to messages of 1.0 --------------------------------

/// What a bridge announces about itself and about what it still has.
struct registration_terms {
  instance_id instance;
  /// How many dispatches the bridge takes at a time.
  std::uint16_t slots = 1;
  agent_labels labels = {};
  /// The interval that the bridge asks for.
  std::optional<std::chrono::milliseconds> heartbeat_interval = {};
  /// At most `max_resume_entries`.
  std::vector<resume_entry> resume = {};
  /// Further entries follow in `resume` messages.
  bool resume_more = false;
};

/// What the daemon replies to these terms.
struct registered_terms {
  bridgekeeper::incarnation incarnation{};
  /// The interval that the bridge must use.
  std::chrono::milliseconds heartbeat_interval{};
  std::chrono::milliseconds heartbeat_timeout{};
  /// Of the listed dispatches, those that are still expected.
  std::vector<message_id> adopted = {};
  /// Of the listed dispatches, those that are no longer wanted.
  std::vector<message_id> cancelled = {};
};

/// What a bridge learns about the attempt that a `dispatch` frame starts.
struct dispatch_terms {
  /// The dispatch id, without the number of the attempt.
  message_id dispatch;
  std::uint32_t attempt = 1;
  /// What is left of the time for this attempt; unset: no limit.
  std::optional<std::chrono::milliseconds> deadline = {};
  /// The dispatch that this one follows up, if any.
  std::optional<message_id> followup_to = {};
  /// The agent's own session in which that dispatch was carried out; empty if
  /// it is unknown. The agent should continue it.
  std::string agent_session_id = {};
};

/// What a bridge adds to a response, as far as it understood its agent.
struct response_details {
  /// The agent's own session, at most `max_label_length` bytes; may be empty.
  std::string agent_session_id = {};
  std::optional<failure_class> failure = {};
  /// When another attempt is worth making, if the agent said so.
  std::optional<timestamp> retry_at = {};
  /// The end of what the agent wrote to standard error, at most
  /// `max_error_detail_length` bytes; may be empty.
  std::string error_detail = {};
  /// What else the agent reported: its name, model, number of turns, denied
  /// permissions.
  json_object metadata = {};

  friend bool operator==(const response_details&,
                         const response_details&) = default;
};

// -- the messages of the bridge protocol (contract section 1) -----------------

/// Bridge to daemon, first frame: identifies and authenticates the agent.
struct registration {
  static constexpr std::string_view type = "register";
  agent_id agent;
  std::string auth_token;
  std::vector<std::string> capabilities;
  std::optional<std::string> workdir;
  json_object metadata;
  /// Set if and only if the bridge speaks 1.1.
  std::optional<registration_terms> terms = {};
};

/// Daemon to bridge: the registration was accepted.
struct registered {
  static constexpr std::string_view type = "registered";
  session_id session;
  agent_id agent;
  std::string message = "Registration successful";
  /// Set if and only if the link is 1.1.
  std::optional<registered_terms> terms = {};
};

/// Daemon to bridge: a task to work on.
struct dispatch {
  static constexpr std::string_view type = "dispatch";
  message_id message;
  agent_id agent;
  std::string content;
  json_object context;
  shared_session session;
  /// Set on a 1.1 link.
  std::optional<dispatch_terms> terms = {};
};

/// Bridge to daemon: the progress of a task. Never ends the task.
struct progress {
  static constexpr std::string_view type = "progress";
  message_id message;
  agent_id agent;
  std::string status;
  std::string text;
  json_object metadata;
};

/// Bridge to daemon: a task has ended, successfully or (with `error`) not.
struct response {
  static constexpr std::string_view type = "response";
  message_id message;
  agent_id agent;
  std::string content;
  json_object usage;
  std::optional<std::string> error;
  /// Null if the bridge sent none of them. Never sent on a 1.0 link.
  std::shared_ptr<const response_details> details = {};
};

/// Both directions: a sign of life. Echoed with the same agent id and
/// timestamp.
struct heartbeat {
  static constexpr std::string_view type = "heartbeat";
  agent_id agent;
  std::string timestamp;
};

// -- messages of protocol 1.1 only --------------------------------------------

/// Bridge to daemon: dispatches that the bridge still has and that did not fit
/// into its registration.
struct resume_list {
  static constexpr std::string_view type = "resume";
  agent_id agent;
  /// At most `max_resume_entries`.
  std::vector<resume_entry> entries;
  /// Further entries follow.
  bool more = false;
};

/// Bridge to daemon: the bridge has the dispatch, which waits or runs.
struct accept_notice {
  static constexpr std::string_view type = "accept";
  message_id message;
  agent_id agent;
};

/// Daemon to bridge: the result of a dispatch is no longer wanted. The bridge
/// ends the task and responds with the error `cancelled`.
struct cancel_request {
  static constexpr std::string_view type = "cancel";
  message_id message;
  /// Why: `cancelled`, `timeout` or `superseded`.
  std::string reason;
};

/// Daemon to bridge: the response is on record, or there is nothing to record.
/// The bridge need not keep it any longer.
struct response_ack {
  static constexpr std::string_view type = "ack";
  message_id message;
};

/// Daemon to bridge: the daemon is about to close the link. Tasks continue.
struct goaway_notice {
  static constexpr std::string_view type = "goaway";
  std::string reason;
  /// How long the bridge should wait before it connects again.
  std::chrono::milliseconds reconnect_after{};
};

/// Bridge to daemon: the bridge accepts no further dispatches.
struct drain_notice {
  static constexpr std::string_view type = "drain";
  agent_id agent;
};

using bridge_message =
    std::variant<registration, registered, dispatch, progress, response,
                 heartbeat, resume_list, accept_notice, cancel_request,
                 response_ack, goaway_notice, drain_notice>;

} // namespace bridgekeeper
