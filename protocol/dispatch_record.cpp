#include "protocol/dispatch_record.hpp"

#include "protocol/json_writer.hpp"

namespace bridgekeeper::protocol {

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

std::string encode(const dispatch_record& x) {
  json_writer timings;
  timings.string("dispatched_at", to_iso8601(x.dispatched_at));
  if (x.finished_at) {
    std::chrono::duration<double> took = *x.finished_at - x.dispatched_at;
    timings.string("finished_at", to_iso8601(*x.finished_at))
        .number("duration_s", took.count());
  } else {
    timings.null("finished_at").null("duration_s");
  }
  json_writer out;
  out.string("message_id", x.message.str())
      .string("agent_id", x.agent.str())
      .string("status", to_string(x.status));
  if (x.result)
    out.string("content", x.result->content)
        .raw("usage", x.result->usage.str());
  else
    out.null("content").raw("usage", "{}");
  if (x.why)
    out.string("error", to_string(*x.why)).string("reason", token(x.why->code));
  else
    out.null("error");
  return out.raw("timings", timings.finish()).finish();
}

} // namespace bridgekeeper::protocol
