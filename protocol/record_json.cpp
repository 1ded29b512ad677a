#include "protocol/record_json.hpp"

#include "protocol/json_writer.hpp"
#include "protocol/response_details.hpp"

namespace bridgekeeper::protocol {

namespace {

std::string timings_of(const dispatch_record& x) {
  json_writer out;
  out.string("dispatched_at", to_iso8601(x.dispatched_at));
  if (x.finished_at) {
    std::chrono::duration<double> took = *x.finished_at - x.dispatched_at;
    out.string("finished_at", to_iso8601(*x.finished_at))
        .number("duration_s", took.count());
  } else {
    out.null("finished_at").null("duration_s");
  }
  return out.finish();
}

/// Adds the record to `out`, which then refers to the record's strings.
void add_slices(json_slices& out, const dispatch_record& x,
                std::string_view more) {
  // Each of these is an object whose braces are removed where they meet.
  json_writer head;
  head.string("message_id", x.message.str());
  // One that waits for any able agent has none yet.
  x.agent.empty() ? head.null("agent_id")
                  : head.string("agent_id", x.agent.str());
  auto first = head.string("status", to_string(x.status)).finish();
  first.back() = ',';
  auto last = json_writer{}.raw("timings", timings_of(x)).finish();
  last.front() = ',';
  last.insert(last.size() - 1, more);
  if (x.result)
    last.insert(last.size() - 1, more_members(x.result->details));
  if (x.result) {
    out.add(first + "\"content\":");
    out.add_string(x.result->content);
    out.add(",\"usage\":" + x.result->usage.str() + ",\"error\":");
  } else {
    out.add(first + R"("content":null,"usage":{},"error":)");
  }
  if (!x.why)
    return out.add("null" + last);
  if (x.why->detail.empty())
    out.add_string(sentence(x.why->code));
  else
    out.add_string(x.why->detail);
  out.add(",\"reason\":\"" + std::string{token(x.why->code)} + '"' + last);
}

} // namespace

std::string encode(const dispatch_record& x, std::string_view more) {
  json_slices out;
  add_slices(out, x, more);
  return out.rest();
}

json_slices slices_of(std::shared_ptr<const dispatch_record> x,
                      std::string_view more) {
  json_slices out{x};
  add_slices(out, *x, more);
  return out;
}

} // namespace bridgekeeper::protocol
