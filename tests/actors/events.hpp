#pragma once

#include "protocol/event.hpp"

#include <cstdint>
#include <memory>
#include <string>
#include <utility>

// Events as the hub shares them.

namespace bridgekeeper::test {

inline protocol::event_ptr make_event(std::uint64_t sequence,
                                      const std::string& agent,
                                      protocol::event::body_type body) {
  protocol::event out;
  out.sequence = sequence;
  out.at = protocol::timestamp{std::chrono::microseconds{sequence}};
  out.agent = protocol::agent_id{agent};
  out.session = protocol::share(protocol::session_id{"control"});
  out.body = std::move(body);
  return std::make_shared<const protocol::event>(std::move(out));
}

inline protocol::event::body_type dispatched(const std::string& message) {
  return protocol::task_dispatched{protocol::message_id{message}, {}};
}

inline protocol::event::body_type progressed(const std::string& message,
                                             const std::string& status) {
  protocol::progress report;
  report.message = protocol::message_id{message};
  report.status = status;
  return protocol::agent_progress{
      std::make_shared<const protocol::progress>(std::move(report))};
}

inline protocol::event::body_type responded(const std::string& message,
                                            const std::string& content) {
  protocol::response result;
  result.message = protocol::message_id{message};
  result.content = content;
  return protocol::agent_response{
      std::make_shared<const protocol::response>(std::move(result))};
}

inline protocol::event::body_type failed(const std::string& message,
                                         protocol::errc why) {
  return protocol::agent_error{
      protocol::message_id{message}, {why, {}}, nullptr};
}

} // namespace bridgekeeper::test
