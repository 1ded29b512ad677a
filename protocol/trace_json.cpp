#include "protocol/trace_json.hpp"

#include "protocol/json_fields.hpp"
#include "protocol/json_writer.hpp"

#include <array>
#include <string>
#include <string_view>

namespace bridgekeeper::protocol {

namespace {

constexpr std::array<std::string_view, 2> members{"traceparent", "tracestate"};

std::string_view text_of(const json_fields& fields, std::string_view name) {
  const auto& x = fields.find(name);
  return x.kind == json_kind::string ? std::string_view{x.text}
                                     : std::string_view{};
}

} // namespace

trace_context trace_of(const json_object& context) {
  const auto& text = context.str();
  // Most contexts have none, and some are large.
  if (text.find("traceparent") == std::string::npos)
    return {};
  auto fields = json_fields::parse(text, members);
  if (!fields)
    return {};
  return make_trace_context(text_of(*fields, "traceparent"),
                            text_of(*fields, "tracestate"));
}

json_object with_trace(json_object context, const trace_context& trace) {
  if (trace.empty())
    return context;
  auto fields = json_fields::parse(context.str(), members);
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
  return json_object{std::move(out)};
}

} // namespace bridgekeeper::protocol
