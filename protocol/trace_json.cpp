#include "protocol/trace_json.hpp"

#include "domain/limits.hpp"
#include "protocol/json_fields.hpp"
#include "protocol/json_writer.hpp"

#include <array>
#include <string>
#include <string_view>

namespace bridgekeeper::protocol {

namespace {

constexpr std::array<std::string_view, 2> trace_members{"traceparent",
                                                        "tracestate"};

} // namespace

trace_context trace_of(const json_object& context) {
  const auto& text = context.str();
  // Most contexts have none, and some are large.
  if (text.find("traceparent") == std::string::npos)
    return {};
  auto fields = json_fields::parse(text, trace_members);
  if (!fields)
    return {};
  return make_trace_context(fields->text("traceparent"),
                            fields->text("tracestate"));
}

json_object with_trace(json_object context, const trace_context& trace) {
  if (trace.empty())
    return context;
  auto fields = json_fields::parse(context.str(), trace_members);
  if (!fields || fields->has("traceparent"))
    return context;
  auto has_state = fields->has("tracestate");
  json_writer added;
  added.string("traceparent", trace.parent);
  if (!trace.state.empty() && !has_state)
    added.string("tracestate", trace.state);
  auto out = added.finish();
  auto rest =
      std::string_view{context.str()}.substr(context.str().find('{') + 1);
  if (rest[rest.find_first_not_of(" \t\r\n")] != '}')
    out.back() = ',';
  else
    out.pop_back();
  out += rest;
  // A bridge could not read a longer one.
  if (out.size() > max_object_length)
    return context;
  return json_object{std::move(out)};
}

} // namespace bridgekeeper::protocol
