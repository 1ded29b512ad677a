#pragma once

#include "actors/payloads.hpp"
#include "api/event_filter.hpp"
#include "domain/answer_budget.hpp"
#include "net/http_session.hpp"

#include <memory>
#include <string>
#include <vector>

namespace bridgekeeper::api {

/// The body of a response that may be large, generated while it is sent.
/// Contains everything it needs, so nothing else must outlive it.
struct answer_body {
  net::part_source parts;
  /// The memory that it uses until it is sent.
  answer_budget::load load;
  /// Where a client can get the response later if there is no room for it now;
  /// empty: at the same place.
  std::string location = {};
};

/// Approximate size of a part. A larger event is a part of its own.
inline constexpr std::size_t part_size = 32 * 1024;

/// Memory that a part may need while it is generated and sent.
inline constexpr std::size_t part_cost = 2 * part_size;

/// GET /control/agents
[[nodiscard]] answer_body agents_body(agent_list agents);

/// GET /control/agents with parameters.
[[nodiscard]] answer_body agent_page_body(const agent_page& page);

/// GET /ws/agent-bridge/status
[[nodiscard]] answer_body bridge_status_body(agent_list agents);

/// GET …/events/filter: the events, their number, and the filters as given.
/// Does not keep events from being forgotten; events that are forgotten before
/// their turn are left out.
[[nodiscard]] answer_body filtered_body(const event_filter& filter,
                                        const std::vector<event_ptr>& events);

/// GET /control/dispatches/{message_id}; `more` as in `protocol::encode`.
[[nodiscard]] answer_body record_body(dispatch_record record,
                                      std::string_view more = {});

/// All parts as one text.
[[nodiscard]] std::string whole(const net::part_source& parts);

[[nodiscard]] std::string whole_text(const net::stream_text& x);

} // namespace bridgekeeper::api
