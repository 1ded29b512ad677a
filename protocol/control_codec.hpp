#pragma once

#include "domain/event.hpp"
#include "domain/messages.hpp"
#include "domain/result.hpp"
#include "protocol/violation.hpp"

#include <chrono>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>

namespace bridgekeeper::protocol {

/// The longest deadline a dispatch may have.
inline constexpr std::chrono::milliseconds max_dispatch_timeout =
    std::chrono::hours{24 * 7};

// -- the body of POST /control/agents/{id}/dispatch ---------------------------

struct dispatch_body {
  std::string content;
  json_object context;
  /// How long the response may take; nothing: the daemon's default.
  std::optional<std::chrono::milliseconds> timeout;
};

[[nodiscard]] result<dispatch_body> decode_dispatch_body(std::string_view text);

/// What that body is made of, to say what is wrong with one.
[[nodiscard]] std::span<const body_member> dispatch_body_members() noexcept;

// -- the body of POST /control/agents/{id}/followup ---------------------------

[[nodiscard]] result<std::string> decode_followup_body(std::string_view text);

[[nodiscard]] std::span<const body_member> followup_body_members() noexcept;

// -- the body of POST /control/agents/register --------------------------------

struct enlistment {
  std::string name;
  std::string endpoint_url;
};

[[nodiscard]] result<enlistment> decode_enlistment(std::string_view text);

[[nodiscard]] std::span<const body_member> enlistment_members() noexcept;

// -- what a program asks over /ws/control -------------------------------------

/// Many may be under way on one connection; answers carry the same `id`.
struct control_dispatch {
  std::string id;
  agent_id agent;
  dispatch_body body;
  /// Asks for the outcome alone: no `accepted`, no `progress`.
  bool quiet = false;
};

/// Follow one agent's events, or all.
struct control_subscribe {
  std::string id;
  std::optional<agent_id> agent;
};

/// List the agents.
struct control_list {
  std::string id;
};

/// Ask what became of a dispatch, whoever sent it.
struct control_inquiry {
  std::string id;
  message_id message;
};

/// Ask what was spent, after the session's costs were reset where that is
/// wanted.
struct control_costs {
  std::string id;
  bool reset_session = false;
};

/// Forget an agent that is away.
struct control_forget {
  std::string id;
  agent_id agent;
};

/// Ask what an agent is working on.
struct control_task {
  std::string id;
  agent_id agent;
};

using control_request =
    std::variant<control_dispatch, control_subscribe, control_list,
                 control_inquiry, control_task, control_costs, control_forget>;

/// A refused request, with the `id` to answer under, as far as it was legible.
struct control_refusal {
  std::string id;
  failure why;
};

[[nodiscard]] std::variant<control_request, control_refusal>
decode_control(std::string_view frame);

// -- what is answered ---------------------------------------------------------

[[nodiscard]] std::string encode_accepted(std::string_view id,
                                          const message_id& message,
                                          const agent_id& agent);

[[nodiscard]] std::string encode_progress(std::string_view id,
                                          const progress& x);

[[nodiscard]] std::string encode_response(std::string_view id,
                                          const response& x,
                                          std::chrono::duration<double> took);

/// `message` is null where no dispatch came of the request. `retry_after` says
/// when the same request may succeed, where that is known.
[[nodiscard]] std::string
encode_error(std::string_view id, const message_id* message, const failure& why,
             std::optional<std::chrono::seconds> retry_after = {});

[[nodiscard]] std::string encode_subscribed(std::string_view id);

/// What stands before the event of that number in its frame, which is the same
/// for all who hear of it: `encode` makes it, and `}` follows.
[[nodiscard]] std::string encode_event_head(std::string_view id,
                                            std::uint64_t sequence);

/// Events are missing at this point of the subscription.
[[nodiscard]] std::string encode_gap(std::string_view id);

/// `record` is the dispatch's, as HTTP answers it.
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
