#pragma once

#include "actors/payloads.hpp"
#include "net/http_session.hpp"
#include "protocol/result.hpp"

#include <string>
#include <string_view>

namespace bridgekeeper::actors {

// The bodies of contract section 3, and the answers that carry them.

/// One AgentView.
[[nodiscard]] std::string to_json(const agent_view& x);

/// The AgentViews as a JSON list.
[[nodiscard]] std::string to_json(const std::vector<agent_view>& x);

[[nodiscard]] net::http_response json_answer(std::string body);

/// `{"detail": …}` with the reason's status and what else HTTP wants with it.
[[nodiscard]] net::http_response error_answer(const failure& why);

/// 422 with the reference's list of what is wrong with the body, or with
/// another part of the request (`where`).
[[nodiscard]] net::http_response
invalid_body_answer(const failure& why, std::string_view where = "body");

[[nodiscard]] net::http_response health_answer();

/// GET /control/agents
[[nodiscard]] net::http_response
agents_answer(const std::vector<agent_view>& agents);

/// GET /control/agents/{id}
[[nodiscard]] net::http_response agent_answer(const agent_view& agent);

/// GET /control/agents/{id}/task
[[nodiscard]] net::http_response task_answer(const agent_id& agent,
                                             const task_view& task);

/// GET /ws/agent-bridge/status
[[nodiscard]] net::http_response
bridge_status_answer(const std::vector<agent_view>& agents);

/// POST …/dispatch, accepted.
[[nodiscard]] net::http_response dispatched_answer(const agent_id& agent,
                                                   const message_id& message);

/// The head of an event stream.
[[nodiscard]] net::http_response event_stream_answer();

/// One event as server-sent text.
[[nodiscard]] std::string event_stream_text(std::string_view name,
                                            const protocol::event& x);

/// Tells a reader why its stream ends here for good.
[[nodiscard]] std::string event_stream_end_text(const failure& why);

/// Tells a reader that events are missing at this point of its stream.
[[nodiscard]] std::string event_gap_text();

} // namespace bridgekeeper::actors
