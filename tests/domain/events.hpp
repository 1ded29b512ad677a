#pragma once

#include "domain/event.hpp"

#include <cstdint>
#include <memory>
#include <string>
#include <utility>

// Events as the hub shares them.

namespace bridgekeeper::test {

inline event_ptr make_event(std::uint64_t sequence, const std::string& agent,
                            event::body_type body) {
  event out;
  out.sequence = sequence;
  out.at = timestamp{std::chrono::microseconds{sequence}};
  out.agent = agent_id{agent};
  out.session = share(session_id{"control"});
  out.body = std::move(body);
  return std::make_shared<const event>(std::move(out));
}

inline event::body_type dispatched(const std::string& message) {
  return task_dispatched{message_id{message}, {}};
}

inline event::body_type progressed(const std::string& message,
                                   const std::string& status) {
  progress report;
  report.message = message_id{message};
  report.status = status;
  return agent_progress{std::make_shared<const progress>(std::move(report))};
}

inline event::body_type responded(const std::string& message,
                                  const std::string& content) {
  response result;
  result.message = message_id{message};
  result.content = content;
  return agent_response{std::make_shared<const response>(std::move(result))};
}

/// A late result that names the agent's own session.
inline event::body_type answered_late(const std::string& message,
                                      const std::string& session) {
  response_details details;
  details.agent_session_id = session;
  response result;
  result.message = message_id{message};
  result.details = std::make_shared<const response_details>(details);
  return late_result{std::make_shared<const response>(std::move(result))};
}

inline event::body_type failed(const std::string& message, errc why) {
  return agent_error{message_id{message}, {why, {}}, nullptr};
}

} // namespace bridgekeeper::test
