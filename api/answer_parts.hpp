#pragma once

#include "actors/payloads.hpp"
#include "api/event_filter.hpp"
#include "domain/answer_budget.hpp"
#include "net/http_session.hpp"

#include <memory>
#include <string>
#include <vector>

namespace bridgekeeper::api {

/// The body of an answer that may be large: it is made while it is sent. Holds
/// all it needs, and nobody else has to outlive it.
struct answer_body {
  net::part_source parts;
  /// What it holds until it is sent.
  answer_budget::load load;
  /// Where it can be had later if there is no room now; empty: the same place.
  std::string location = {};
};

/// About the size of a part. An event that is larger is a part of its own.
inline constexpr std::size_t part_size = 32 * 1024;

/// What a part may need while it is made and sent.
inline constexpr std::size_t part_cost = 2 * part_size;

/// GET /control/agents
[[nodiscard]] answer_body agents_body(agent_list agents);

/// GET /control/agents with parameters.
[[nodiscard]] answer_body agent_page_body(const agent_page& page);

/// GET /ws/agent-bridge/status
[[nodiscard]] answer_body bridge_status_body(agent_list agents);

/// GET …/events/filter: the events, how many, and the filters as given. Does
/// not keep events from being forgotten; those that are forgotten before their
/// turn are left out.
[[nodiscard]] answer_body filtered_body(const event_filter& filter,
                                        const std::vector<event_ptr>& events);

/// GET /control/dispatches/{message_id}
[[nodiscard]] answer_body record_body(dispatch_record record);

/// All parts in one.
[[nodiscard]] std::string whole(const net::part_source& parts);

[[nodiscard]] std::string whole_text(const net::stream_text& x);

} // namespace bridgekeeper::api
