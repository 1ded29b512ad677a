#include "domain/errc.hpp"

#include <algorithm>
#include <array>

namespace bridgekeeper {

namespace {

// Columns: code, token, sentence, HTTP status, close code, retry helps.
// clang-format off
constexpr std::array table{
  errc_info{errc::missing_token, "missing_token", "Missing authentication token", 401, 4005, false},
  errc_info{errc::invalid_token, "invalid_token", "Invalid authentication token", 401, 4005, false},
  errc_info{errc::auth_not_configured, "auth_not_configured", "Authentication not configured. Set VIBEFORGE_AUTH_TOKEN or VIBEFORGE_AUTH_TOKENS.", 500, 4005, false},
  errc_info{errc::too_many_connections, "too_many_connections", "Too many connections", 503, 1013, true},
  errc_info{errc::missing_scope, "missing_scope", "The token lacks the required scope", 403, 4005, false},
  errc_info{errc::too_many_attempts, "too_many_attempts", "Too many attempts with a wrong token", 429, 1013, true},
  errc_info{errc::invalid_json, "invalid_json", "Invalid JSON", 422, 4004, false},
  errc_info{errc::invalid_message, "invalid_message", "Invalid message format", 422, 4004, false},
  errc_info{errc::not_registered, "not_registered", "First message must be register", 400, 4001, false},
  errc_info{errc::invalid_agent_id, "invalid_agent_id", "Invalid agent_id format. Use alphanumeric characters and hyphens only.", 400, 4004, false},
  errc_info{errc::empty_content, "empty_content", "content must not be empty", 400, 4004, false},
  errc_info{errc::content_too_long, "content_too_long", "content must be <= 10000 characters", 400, 4004, false},
  errc_info{errc::too_large, "too_large", "Message too large", 413, 1009, false},
  errc_info{errc::binary_frame, "binary_frame", "Binary frames are not supported; send JSON as text", 400, 1003, false},
  errc_info{errc::request_timeout, "request_timeout", "The request did not arrive in time", 408, 1008, true},
  errc_info{errc::bad_request, "bad_request", "The request is not valid HTTP", 400, 1002, false},
  errc_info{errc::header_too_large, "header_too_large", "The request's header is too large", 431, 1009, false},
  errc_info{errc::blank_registration, "blank_registration", "name and endpoint_url are required", 400, 4004, false},
  errc_info{errc::bad_upgrade, "bad_upgrade", "WebSocket upgrades require Sec-WebSocket-Version 13", 426, 1002, false},
  errc_info{errc::idempotency_conflict, "idempotency_conflict", "This Idempotency-Key was used for another request", 422, 1008, false},
  errc_info{errc::not_ended, "not_ended", "The dispatch has not ended", 409, 1008, true},
  errc_info{errc::agent_still_connected, "agent_still_connected", "Agent is connected", 409, 1008, true},
  errc_info{errc::unknown_route, "unknown_route", "Not Found", 404, 1008, false},
  errc_info{errc::method_not_allowed, "method_not_allowed", "Method Not Allowed", 405, 1008, false},
  errc_info{errc::unknown_agent, "unknown_agent", "Agent not found", 404, 1008, false},
  errc_info{errc::agent_not_connected, "agent_not_connected", "Agent is not connected", 409, 1008, true},
  errc_info{errc::unknown_dispatch, "unknown_dispatch", "Dispatch not found", 404, 1008, false},
  errc_info{errc::too_many_pending, "too_many_pending", "The agent has too many unfinished dispatches", 503, 1013, true},
  errc_info{errc::rate_limited, "rate_limited", "Rate limit exceeded", 429, 1008, true},
  errc_info{errc::cost_limit, "cost_limit", "Cost limit exceeded", 402, 1008, false},
  errc_info{errc::unknown_session, "unknown_session", "Session not found", 404, 1008, false},
  errc_info{errc::no_task, "no_task", "No active task to follow up", 409, 1008, false},
  errc_info{errc::timeout, "timeout", "The agent did not respond before the deadline", 504, 1013, true},
  errc_info{errc::agent_lost, "agent_lost", "The agent's connection ended before it responded", 502, 1013, true},
  errc_info{errc::replaced, "replaced", "Replaced by new connection", 502, 4002, true},
  errc_info{errc::cancelled, "cancelled", "The dispatch was cancelled", 409, 1000, false},
  errc_info{errc::heartbeat_timeout, "heartbeat_timeout", "Heartbeat timeout", 502, 4003, true},
  errc_info{errc::evicted, "evicted", "Evicted by the operator", 502, 4003, true},
  errc_info{errc::task_failed, "task_failed", "The agent reported an error", 502, 1011, false},
  errc_info{errc::token_revoked, "token_revoked", "The agent's token is no longer valid", 502, 4005, true},
  errc_info{errc::agent_id_in_use, "agent_id_in_use", "Another bridge uses this agent id", 409, 4002, true},
  errc_info{errc::already_ended, "already_ended", "The dispatch has already ended", 409, 1008, false},
  errc_info{errc::forged_result, "forged_result", "The message names another agent", 403, 1008, false},
  errc_info{errc::unknown_message, "unknown_message", "No such dispatch is pending on this connection", 404, 1008, false},
  errc_info{errc::unreadable_response, "unreadable_response", "The agent's response could not be read", 502, 1011, false},
  errc_info{errc::overflow, "overflow", "The peer reads too slowly", 503, 1013, true},
  errc_info{errc::draining, "draining", "Bridgekeeper is shutting down", 503, 1001, true},
  errc_info{errc::unavailable, "unavailable", "Bridgekeeper is not ready", 503, 1013, true},
  errc_info{errc::internal, "internal", "Internal error", 500, 1011, true},
  errc_info{errc::peer_closed, "peer_closed", "The peer closed the connection", 502, 1000, true},
  errc_info{errc::stalled, "stalled", "The peer read nothing of what it was sent", 503, 1013, true},
  errc_info{errc::output_budget, "output_budget", "Too many bytes wait to be sent, most of them to this peer", 503, 1013, true},
  errc_info{errc::too_many_answers, "too_many_answers", "Too many large responses for this token are under way", 429, 1013, true},
  errc_info{errc::answers_full, "answers_full", "Too many large responses are under way", 503, 1013, true},
  errc_info{errc::already_subscribed, "already_subscribed", "This connection already has that subscription", 409, 1008, false},
  errc_info{errc::bridge_behind, "bridge_behind", "The agent's bridge has not read earlier messages yet", 503, 1013, true},
  errc_info{errc::drained, "drained", "Drained by the operator", 502, 1001, true},
  errc_info{errc::registered_again, "registered_again", "Registered again on another connection", 502, 4006, true},
  errc_info{errc::store_full, "store_full", "The disk with the data directory is full, so nothing new can be recorded", 503, 1013, true},
  errc_info{errc::store_unknown, "store_unknown", "The disk failed, so it is unknown whether the dispatch was recorded", 503, 1013, true},
  errc_info{errc::store_busy, "store_busy", "Another program keeps the store locked, so nothing new can be recorded", 503, 1013, true},
  errc_info{errc::store_corrupt, "store_corrupt", "The store is damaged, so nothing new can be recorded", 503, 1013, true},
  errc_info{errc::store_read_only, "store_read_only", "The store cannot be written, so nothing new can be recorded", 503, 1013, true},
  errc_info{errc::store_newer, "store_newer", "A later version of Bridgekeeper has written the store", 503, 1013, true},
};
// clang-format on

} // namespace

const errc_info& describe(errc code) noexcept {
  auto row = std::find_if(table.begin(), table.end(),
                          [code](const auto& x) { return x.code == code; });
  return row != table.end() ? *row : describe(errc::internal);
}

std::span<const errc_info> all_reasons() noexcept {
  return table;
}

std::optional<errc> to_errc(std::uint8_t number) noexcept {
  for (const auto& row : table)
    if (static_cast<std::uint8_t>(row.code) == number)
      return row.code;
  return std::nullopt;
}

} // namespace bridgekeeper
