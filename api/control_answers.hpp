#pragma once

#include "actors/payloads.hpp"
#include "domain/admission.hpp"
#include "domain/result.hpp"
#include "net/http_session.hpp"
#include "protocol/violation.hpp"

#include <span>
#include <string>
#include <string_view>

namespace bridgekeeper::api {

// The bodies of contract section 3, and the answers that carry them.

/// One AgentView.
[[nodiscard]] std::string to_json(const agent_view& x);

/// A connected agent as GET /ws/agent-bridge/status lists it.
[[nodiscard]] std::string bridge_status_json(const agent_view& x);

/// The AgentViews as a JSON list.
[[nodiscard]] std::string to_json(const std::vector<agent_view>& x);

[[nodiscard]] net::http_response json_answer(std::string body);

/// `{"detail": …}` with the reason's status and what else HTTP wants with it.
[[nodiscard]] net::http_response error_answer(const failure& why);

/// 426: a plain request for a route where only a WebSocket is spoken, which is
/// what a proxy makes of an upgrade that it does not know.
[[nodiscard]] net::http_response websocket_only_answer();

/// 307 to the same path without its trailing slashes.
[[nodiscard]] net::http_response moved_answer(std::string location);

/// OPTIONS *
[[nodiscard]] net::http_response server_answer();

/// 422 with the list of what is wrong.
[[nodiscard]] net::http_response
violations_answer(std::span<const protocol::violation> list);

/// GET /health
[[nodiscard]] net::http_response health_answer();

/// GET /control/context
[[nodiscard]] net::http_response context_answer(const session_id& session,
                                                const cost_view& costs);

/// GET /livez.
[[nodiscard]] net::http_response well_answer();

/// GET /readyz where the daemon works; `warnings` are sentences about what is
/// wrong all the same.
[[nodiscard]] net::http_response
ready_answer(const std::vector<std::string>& warnings, bool is_audit_lost);

/// What was spent, as `/ws/control` tells it: the members of
/// `GET /control/context`, when spending starts again, and what is set aside.
[[nodiscard]] std::string costs_json(const session_id& session,
                                     const cost_view& costs);

/// GET /readyz where something is not: 503 with the reason.
[[nodiscard]] net::http_response unready_answer(std::string_view reason);

/// DELETE /control/agents/{id}
[[nodiscard]] net::http_response forgotten_answer(const agent_id& agent);

/// GET /control/agents/{id}
[[nodiscard]] net::http_response agent_answer(const agent_view& agent);

/// GET /control/agents/{id}/task
[[nodiscard]] net::http_response task_answer(const agent_id& agent,
                                             const task_view& task);

/// POST …/dispatch and …/followup, accepted.
[[nodiscard]] net::http_response dispatched_answer(const dispatch& task,
                                                   bool is_followup);

/// POST /control/sessions
[[nodiscard]] net::http_response session_answer(const session_id& session);

/// When a dispatch that was refused with `rate_limited` may succeed.
[[nodiscard]] std::chrono::seconds time_to_wait(const dispatch_rates& rates);

/// What an agent is working on, for /ws/control: as over HTTP, and since when.
[[nodiscard]] std::string task_json(const agent_id& agent,
                                    const task_view& task);

/// Adds `X-RateLimit-{Limit,Remaining,Reset}-{Agent,Ip}` and, to a 429, when to
/// come again.
void add_rates(net::http_response& out, const dispatch_rates& rates);

/// The head of an event stream.
[[nodiscard]] net::http_response event_stream_answer();

/// The beginning of an event stream: how long its reader should wait before it
/// comes again, once the connection is lost.
[[nodiscard]] std::string event_retry_text();

/// One event, of which this is the JSON, as server-sent text, with its place as
/// its `id`.
[[nodiscard]] net::stream_text event_stream_text(std::string_view name,
                                                 std::string_view epoch,
                                                 std::uint64_t sequence,
                                                 shared_text_ptr event);

/// Tells a reader why its stream ends here for good.
[[nodiscard]] std::string event_stream_end_text(const failure& why);

/// Tells a reader that events are missing at this point of its stream.
[[nodiscard]] std::string event_gap_text();

} // namespace bridgekeeper::api
