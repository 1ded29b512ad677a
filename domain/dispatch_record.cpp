#include "domain/dispatch_record.hpp"

#include "domain/event.hpp"

namespace bridgekeeper {

std::string_view to_string(dispatch_status x) noexcept {
  switch (x) {
  case dispatch_status::dispatched:
    return "dispatched";
  case dispatch_status::running:
    return "running";
  case dispatch_status::completed:
    return "completed";
  case dispatch_status::error:
    return "error";
  }
  return "error";
}

std::string agent_session_of(const dispatch_record& x) {
  if (!is_finished(x.status))
    return {};
  return x.result && x.result->details
                 && !x.result->details->agent_session_id.empty()
             ? x.result->details->agent_session_id
             : x.late_session;
}

std::size_t footprint(const dispatch_record& x) noexcept {
  return sizeof(dispatch_record) + (x.result ? footprint(*x.result) : 0)
         + (x.why ? x.why->detail.size() : 0) + x.late_session.size();
}

} // namespace bridgekeeper
