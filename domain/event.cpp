#include "domain/event.hpp"

namespace bridgekeeper {

std::string_view type_of(const event& x) noexcept {
  return std::visit([](const auto& body) { return body.type; }, x.body);
}

const message_id* message_of(const event& x) noexcept {
  if (auto body = std::get_if<task_dispatched>(&x.body))
    return &body->message;
  if (auto body = std::get_if<agent_progress>(&x.body))
    return &body->report->message;
  if (auto body = std::get_if<agent_response>(&x.body))
    return &body->result->message;
  if (auto body = std::get_if<agent_error>(&x.body))
    return &body->message;
  if (auto body = std::get_if<cost_warning>(&x.body))
    return &body->message;
  if (auto body = std::get_if<late_result>(&x.body))
    return &body->result->message;
  return nullptr;
}

std::size_t footprint(const response& x) noexcept {
  return x.content.size() + x.usage.str().size()
         + (x.error ? x.error->size() : 0);
}

std::size_t footprint(const event& x) noexcept {
  auto payload = std::size_t{0};
  if (auto report = std::get_if<agent_progress>(&x.body)) {
    payload =
        report->report->text.size() + report->report->metadata.str().size();
  } else if (auto answer = std::get_if<agent_response>(&x.body)) {
    payload = footprint(*answer->result);
  } else if (auto late = std::get_if<late_result>(&x.body)) {
    payload = footprint(*late->result);
  } else if (auto problem = std::get_if<agent_error>(&x.body)) {
    payload = problem->why.detail.size()
              + (problem->result ? footprint(*problem->result) : 0);
  } else if (auto arrival = std::get_if<agent_connected>(&x.body)) {
    for (const auto& capability : arrival->capabilities)
      payload += sizeof(std::string) + capability.size();
    payload += arrival->workdir ? arrival->workdir->size() : 0;
  } else if (auto departure = std::get_if<agent_disconnected>(&x.body)) {
    payload = departure->detail.size();
  }
  // Covers history entries, control blocks and allocator rounding; measured
  // with a full history.
  constexpr std::size_t overhead = 400;
  return sizeof(event) + overhead + payload;
}

} // namespace bridgekeeper
