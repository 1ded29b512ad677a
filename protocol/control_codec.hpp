#pragma once

#include "domain/dispatch_options.hpp"
#include "domain/event.hpp"
#include "domain/messages.hpp"
#include "domain/result.hpp"
#include "domain/trace_context.hpp"
#include "protocol/dispatch_options_codec.hpp"
#include "protocol/violation.hpp"

#include <chrono>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace bridgekeeper::protocol {

// -- body of POST /control/agents/{id}/dispatch -------------------------------

struct dispatch_body {
  std::string content;
  json_object context;
  dispatch_options options;
  /// The dispatch that this one follows up, if any.
  std::optional<message_id> followup_to = {};
  /// Requested as a follow-up: without `followup_to`, one to the agent's newest
  /// dispatch.
  bool is_followup = false;
  /// What the agent must be capable of; only if the request names no agent.
  std::vector<std::string> require = {};
  /// Empty if there is none.
  std::string idempotency_key = {};
  /// The trace of a request on /ws/control; over HTTP, headers name it.
  trace_context trace = {};
  /// How long the response to a request over HTTP may wait for the outcome.
  std::optional<std::chrono::milliseconds> wait = {};
};

/// The longest `Idempotency-Key`.
inline constexpr std::size_t max_idempotency_key = 255;

/// The most capabilities that a dispatch may require.
inline constexpr std::size_t max_required = 32;

[[nodiscard]] result<dispatch_body> decode_dispatch_body(std::string_view text);

/// The members of that body, for describing errors in one.
[[nodiscard]] std::span<const body_member> dispatch_body_members() noexcept;

// -- body of POST /control/dispatch -------------------------------------------

/// A dispatch whose path names no agent.
struct routed_body {
  /// Empty if the body requires capabilities instead.
  agent_id agent;
  dispatch_body body;
};

[[nodiscard]] result<routed_body> decode_routed_body(std::string_view text);

[[nodiscard]] std::span<const body_member> routed_body_members() noexcept;

// -- body of POST /control/agents/{id}/followup -------------------------------

/// Has the same members as that of a dispatch, except for the context.
[[nodiscard]] result<dispatch_body> decode_followup_body(std::string_view text);

[[nodiscard]] std::span<const body_member> followup_body_members() noexcept;

// -- body of POST /control/agents/register ------------------------------------

struct enlistment {
  std::string name;
  std::string endpoint_url;
};

[[nodiscard]] result<enlistment> decode_enlistment(std::string_view text);

[[nodiscard]] std::span<const body_member> enlistment_members() noexcept;

// -- body of POST /control/store/backup ---------------------------------------

/// Returns the file to copy the store to, which is an absolute path.
[[nodiscard]] result<std::string> decode_backup_body(std::string_view text);

[[nodiscard]] std::span<const body_member> backup_body_members() noexcept;

// -- body of POST /control/store/erase ----------------------------------------

/// What is to be erased: a dispatch, or an agent with everything of it. One of
/// the ids is empty.
struct erasure {
  message_id message;
  agent_id agent;
};

[[nodiscard]] result<erasure> decode_erase_body(std::string_view text);

[[nodiscard]] std::span<const body_member> erase_body_members() noexcept;

// -- requests on /ws/control --------------------------------------------------

/// Several dispatches can be in progress on one connection; replies carry the
/// same `id`.
struct control_dispatch {
  std::string id;
  /// Empty if the body requires capabilities instead.
  agent_id agent;
  dispatch_body body;
  /// Only the outcome is sent: no `accepted` and no `progress`.
  bool quiet = false;
};

/// Subscribes to the events of one agent or of all.
struct control_subscribe {
  std::string id;
  std::optional<agent_id> agent;
};

/// Lists the agents.
struct control_list {
  std::string id;
};

/// Asks for the outcome of a dispatch, regardless of who sent it.
struct control_inquiry {
  std::string id;
  message_id message;
};

/// Asks for the spending, optionally after resetting that of the session.
struct control_costs {
  std::string id;
  bool reset_session = false;
};

/// Forgets a disconnected agent.
struct control_forget {
  std::string id;
  agent_id agent;
};

/// Asks what an agent is working on.
struct control_task {
  std::string id;
  agent_id agent;
};

/// Ends a dispatch.
struct control_cancel {
  std::string id;
  message_id message;
};

using control_request =
    std::variant<control_dispatch, control_subscribe, control_list,
                 control_inquiry, control_task, control_costs, control_forget,
                 control_cancel>;

/// A rejected request, with the `id` for the reply if it could be read.
struct control_refusal {
  std::string id;
  failure why;
};

[[nodiscard]] std::variant<control_request, control_refusal>
decode_control(std::string_view frame);

// -- replies on /ws/control ---------------------------------------------------

/// `agent` is empty if none has been chosen yet.
[[nodiscard]] std::string encode_accepted(std::string_view id,
                                          const message_id& message,
                                          const agent_id& agent);

[[nodiscard]] std::string encode_progress(std::string_view id,
                                          const progress& x);

[[nodiscard]] std::string encode_response(std::string_view id,
                                          const response& x,
                                          std::chrono::duration<double> took);

/// `message` is null if the request led to no dispatch. `retry_after` says when
/// the same request may succeed, if that is known.
[[nodiscard]] std::string
encode_error(std::string_view id, const message_id* message, const failure& why,
             std::optional<std::chrono::seconds> retry_after = {});

[[nodiscard]] std::string encode_subscribed(std::string_view id);

/// The part of an event's frame before the event itself, which is the same for
/// all subscribers. The event as made by `encode` and `}` must follow.
[[nodiscard]] std::string encode_event_head(std::string_view id,
                                            std::uint64_t sequence);

/// Reports that events are missing at this point of the subscription.
[[nodiscard]] std::string encode_gap(std::string_view id);

/// `record` is the record of the dispatch, in the same form as over HTTP.
[[nodiscard]] std::string encode_record(std::string_view id,
                                        std::string_view record);

/// `costs` is a JSON object.
[[nodiscard]] std::string encode_costs(std::string_view id,
                                       std::string_view costs);

[[nodiscard]] std::string encode_forgotten(std::string_view id,
                                           const agent_id& agent);

/// `task` is the agent's task as a JSON object.
[[nodiscard]] std::string encode_task(std::string_view id,
                                      std::string_view task);

/// `agents` is the JSON list, `total` its length.
[[nodiscard]] std::string
encode_agents(std::string_view id, std::string_view agents, std::size_t total);

} // namespace bridgekeeper::protocol
