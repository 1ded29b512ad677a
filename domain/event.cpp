#include "domain/event.hpp"

namespace bridgekeeper {

namespace {

// One overload for each type, so that no type is forgotten.

struct message_finder {
  const message_id* operator()(const agent_connected&) const noexcept {
    return nullptr;
  }
  const message_id* operator()(const agent_disconnected&) const noexcept {
    return nullptr;
  }
  const message_id* operator()(const task_dispatched& x) const noexcept {
    return &x.message;
  }
  const message_id* operator()(const agent_progress& x) const noexcept {
    return &x.report->message;
  }
  const message_id* operator()(const agent_response& x) const noexcept {
    return &x.result->message;
  }
  const message_id* operator()(const agent_error& x) const noexcept {
    return &x.message;
  }
  const message_id* operator()(const agent_heartbeat_lost&) const noexcept {
    return nullptr;
  }
  const message_id* operator()(const agent_conflict&) const noexcept {
    return nullptr;
  }
  const message_id* operator()(const cost_warning& x) const noexcept {
    return &x.message;
  }
  const message_id* operator()(const late_result& x) const noexcept {
    return &x.result->message;
  }
  const message_id* operator()(const task_queued& x) const noexcept {
    return &x.message;
  }
  const message_id* operator()(const task_sent& x) const noexcept {
    return &x.message;
  }
  const message_id* operator()(const task_retrying& x) const noexcept {
    return &x.message;
  }
  const message_id* operator()(const task_cancelled& x) const noexcept {
    return &x.message;
  }
};

/// The memory that a body uses beyond its own size. Ids are not counted.
struct payload_measure {
  std::size_t operator()(const agent_connected& x) const noexcept {
    auto out = x.workdir ? x.workdir->size() : 0;
    for (const auto& capability : x.capabilities)
      out += sizeof(std::string) + capability.size();
    return out;
  }
  std::size_t operator()(const agent_disconnected& x) const noexcept {
    return x.detail.size();
  }
  std::size_t operator()(const task_dispatched&) const noexcept {
    return 0;
  }
  std::size_t operator()(const agent_progress& x) const noexcept {
    return x.report->text.size() + x.report->metadata.str().size();
  }
  std::size_t operator()(const agent_response& x) const noexcept {
    return footprint(*x.result);
  }
  std::size_t operator()(const agent_error& x) const noexcept {
    return x.why.detail.size() + (x.result ? footprint(*x.result) : 0);
  }
  std::size_t operator()(const agent_heartbeat_lost&) const noexcept {
    return 0;
  }
  std::size_t operator()(const agent_conflict&) const noexcept {
    return 0;
  }
  std::size_t operator()(const cost_warning&) const noexcept {
    return 0;
  }
  std::size_t operator()(const late_result& x) const noexcept {
    return footprint(*x.result);
  }
  std::size_t operator()(const task_queued&) const noexcept {
    return 0;
  }
  std::size_t operator()(const task_sent&) const noexcept {
    return 0;
  }
  std::size_t operator()(const task_retrying& x) const noexcept {
    return x.why.detail.size();
  }
  std::size_t operator()(const task_cancelled&) const noexcept {
    return 0;
  }
};

} // namespace

std::string_view type_of(const event& x) noexcept {
  return std::visit([](const auto& body) { return body.type; }, x.body);
}

const message_id* message_of(const event& x) noexcept {
  return std::visit(message_finder{}, x.body);
}

std::size_t footprint(const response& x) noexcept {
  auto out =
      x.content.size() + x.usage.str().size() + (x.error ? x.error->size() : 0);
  if (const auto& more = x.details)
    out += sizeof(response_details) + more->agent_session_id.size()
           + more->error_detail.size() + more->metadata.str().size();
  return out;
}

std::size_t footprint(const event& x) noexcept {
  // Covers history entries, control blocks and allocator rounding; measured
  // with a full history.
  constexpr std::size_t overhead = 400;
  return sizeof(event) + overhead + std::visit(payload_measure{}, x.body);
}

} // namespace bridgekeeper
