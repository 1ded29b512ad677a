#pragma once

#include "actors/payloads.hpp"
#include "domain/admission.hpp"
#include "domain/result.hpp"
#include "net/http_session.hpp"
#include "protocol/violation.hpp"

#include <chrono>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace bridgekeeper::api {

// The responses of contract section 3 and their bodies.

/// One AgentView.
[[nodiscard]] std::string to_json(const agent_view& x);

/// A connected agent as GET /ws/agent-bridge/status lists it.
[[nodiscard]] std::string bridge_status_json(const agent_view& x);

/// The AgentViews as a JSON list.
[[nodiscard]] std::string to_json(const std::vector<agent_view>& x);

[[nodiscard]] net::http_response json_answer(std::string body);

/// The response to a request that fails; see `net::refusal`.
[[nodiscard]] net::http_response
error_answer(const failure& why,
             std::optional<std::chrono::seconds> retry_after = {});

/// 426, for a plain request to a route that accepts only WebSocket upgrades. A
/// proxy that does not support upgrades turns them into such requests.
[[nodiscard]] net::http_response websocket_only_answer();

/// 307 to the same path without its trailing slashes.
[[nodiscard]] net::http_response moved_answer(std::string location);

/// OPTIONS *
[[nodiscard]] net::http_response server_answer();

/// 422 with the list of what is wrong. `why` is `invalid_json` or
/// `invalid_message`.
[[nodiscard]] net::http_response
violations_answer(std::span<const protocol::violation> list,
                  errc why = errc::invalid_message);

/// GET /health
[[nodiscard]] net::http_response health_answer();

/// GET /version
[[nodiscard]] net::http_response version_answer();

/// GET /control/context
[[nodiscard]] net::http_response context_answer(const session_id& session,
                                                const cost_view& costs);

/// GET /livez.
[[nodiscard]] net::http_response well_answer();

/// GET /metrics, in the text format of Prometheus. An empty text means that it
/// could not be written.
[[nodiscard]] net::http_response metrics_answer(std::string text);

/// GET /readyz of a daemon that works; `warnings` are sentences about problems
/// that it has nevertheless.
[[nodiscard]] net::http_response
ready_answer(const std::vector<std::string>& warnings, bool is_audit_lost);

/// The costs for `/ws/control`: the members of `GET /control/context`, the
/// times when spending restarts at zero, and the reserved amount.
[[nodiscard]] std::string costs_json(const session_id& session,
                                     const cost_view& costs);

/// GET /readyz of a daemon that does not work: 503 with the reason, in words in
/// `detail`. If the store is the reason, `store` names it, too.
[[nodiscard]] net::http_response
unready_answer(errc why, std::string_view detail, std::string_view store = {});

/// DELETE /control/agents/{id}
[[nodiscard]] net::http_response forgotten_answer(const agent_id& agent);

/// GET /control/agents/{id}
[[nodiscard]] net::http_response agent_answer(const agent_view& agent);

/// GET /ws/agent-bridge/check/{id}: the token may register this agent.
[[nodiscard]] net::http_response bridge_check_answer(const agent_id& id,
                                                     bool is_connected);

/// POST /control/agents/cordon, …/drain and …/uncordon
[[nodiscard]] net::http_response duty_answer(agent_duty duty,
                                             std::uint64_t count);

/// GET /control/agents/{id}/task
[[nodiscard]] net::http_response task_answer(const agent_id& agent,
                                             const task_view& task);

/// POST …/dispatch and …/followup, accepted. `agent` is empty if none has been
/// chosen yet.
[[nodiscard]] net::http_response dispatched_answer(const agent_id& agent,
                                                   const message_id& message,
                                                   bool is_followup);

/// POST /control/sessions
[[nodiscard]] net::http_response session_answer(const session_id& session);

/// When a dispatch that was refused with `rate_limited` may succeed.
[[nodiscard]] std::chrono::seconds time_to_wait(const dispatch_rates& rates);

/// The task of an agent for `/ws/control`: as over HTTP, and since when.
[[nodiscard]] std::string task_json(const agent_id& agent,
                                    const task_view& task);

/// Adds `X-RateLimit-{Limit,Remaining,Reset}-{Agent,Ip}`.
void add_rates(net::http_response& out, const dispatch_rates& rates);

} // namespace bridgekeeper::api
