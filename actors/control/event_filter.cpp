#include "actors/control/event_filter.hpp"

#include "actors/control/control_route.hpp"
#include "protocol/json_writer.hpp"

#include <algorithm>
#include <charconv>

namespace bridgekeeper::actors {

using protocol::json_writer;
using protocol::violation;

namespace {

std::optional<std::int64_t> find_number(std::string_view target,
                                        std::string_view name,
                                        std::vector<violation>& wrong) {
  auto text = query_value(target, name);
  if (!text)
    return std::nullopt;
  std::int64_t out = 0;
  auto last = text->data() + text->size();
  auto [end, error] = std::from_chars(text->data(), last, out);
  if (error == std::errc{} && end == last)
    return out;
  wrong.push_back(protocol::query_violation(
      name, *text, "int_parsing",
      "Input should be a valid integer, unable to parse string as an integer"));
  return std::nullopt;
}

void write(json_writer& out, std::string_view name,
           const std::optional<std::int64_t>& value) {
  if (value)
    out.number(name, *value);
  else
    out.null(name);
}

} // namespace

event_filter event_filter::parse(std::string_view target,
                                 std::vector<violation>& wrong) {
  event_filter out;
  out.event_type = query_value(target, "event_type");
  out.tick_index = find_number(target, "tick_index", wrong);
  out.tick_min = find_number(target, "tick_min", wrong);
  out.tick_max = find_number(target, "tick_max", wrong);
  out.agent = query_value(target, "agent_id");
  out.limit = find_number(target, "limit", wrong);
  if (out.limit && *out.limit < 1)
    wrong.push_back(protocol::query_violation(
        "limit", std::to_string(*out.limit), "greater_than_equal",
        "Input should be greater than or equal to 1"));
  return out;
}

bool event_filter::accepts(const protocol::event& x) const {
  return !tick_index && !tick_min && !tick_max
         && (!event_type || type_of(x) == *event_type)
         && (!agent || x.agent.str() == *agent);
}

std::string filtered_json(const event_filter& filter,
                          const std::vector<protocol::event_ptr>& events) {
  std::vector<protocol::event_ptr> chosen;
  std::copy_if(events.begin(), events.end(), std::back_inserter(chosen),
               [&](const auto& x) { return filter.accepts(*x); });
  auto surplus =
      static_cast<std::int64_t>(chosen.size())
      - filter.limit.value_or(static_cast<std::int64_t>(chosen.size()));
  if (surplus > 0)
    chosen.erase(chosen.begin(), chosen.begin() + surplus);
  std::string list = "[";
  for (const auto& x : chosen) {
    if (list.size() > 1)
      list += ',';
    list += encode(*x);
  }
  list += ']';
  json_writer filters;
  filters.nullable("event_type", filter.event_type);
  write(filters, "tick_index", filter.tick_index);
  write(filters, "tick_min", filter.tick_min);
  write(filters, "tick_max", filter.tick_max);
  filters.nullable("agent_id", filter.agent);
  write(filters, "limit", filter.limit);
  return json_writer{}
      .raw("events", list)
      .number("total", static_cast<std::int64_t>(chosen.size()))
      .raw("filters_applied", filters.finish())
      .finish();
}

} // namespace bridgekeeper::actors
