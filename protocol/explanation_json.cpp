#include "protocol/explanation_json.hpp"

#include "protocol/json_list.hpp"
#include "protocol/json_writer.hpp"

namespace bridgekeeper::protocol {

namespace {

void add_text(json_writer& out, std::string_view name, std::string_view text) {
  text.empty() ? out.null(name) : out.string(name, text);
}

std::string step_json(const decision& x) {
  json_writer out;
  x.at == timestamp{} ? out.null("at") : out.string("at", to_iso8601(x.at));
  out.string("text", x.text);
  x.why ? out.string("reason", token(*x.why)) : out.null("reason");
  add_text(out, "rule", x.rule);
  add_text(out, "setting", x.setting);
  add_text(out, "value", x.value);
  add_text(out, "advice", x.next);
  if (x.times > 1)
    out.number("times", static_cast<std::int64_t>(x.times))
        .string("since", to_iso8601(x.since));
  return out.finish();
}

} // namespace

std::string encode(const explanation& x) {
  json_list steps;
  for (const auto& step : x.steps)
    steps.raw(step_json(step));
  return json_writer{}
      .string("id", x.id)
      .string("kind", to_string(x.kind))
      .string("summary", x.summary)
      .raw("steps", steps.finish())
      .raw("next", list_of(x.next))
      .finish();
}

} // namespace bridgekeeper::protocol
