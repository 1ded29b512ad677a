#include "api/event_filter.hpp"

#include "api/query.hpp"
#include "domain/trimmed.hpp"
#include "protocol/json_writer.hpp"

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <iterator>
#include <limits>

namespace bridgekeeper::api {

using protocol::json_writer;
using protocol::violation;

namespace {

/// The digits of an integer in any accepted format; empty if the text is
/// invalid.
std::string digits_of(std::string_view text) {
  auto point = text.find('.');
  auto zeros = text.substr(std::min(point, text.size()));
  if (zeros.size() == 1
      || (!zeros.empty()
          && zeros.find_first_not_of('0', 1) != std::string_view::npos))
    return {};
  std::string out;
  auto after_digit = false;
  for (auto c : text.substr(0, point)) {
    auto is_digit = c >= '0' && c <= '9';
    if (!is_digit && (c != '_' || !after_digit))
      return {};
    after_digit = is_digit;
    if (is_digit)
      out += c;
  }
  return after_digit ? out : std::string{};
}

std::optional<std::int64_t> to_integer(std::string_view text) {
  using limits = std::numeric_limits<std::int64_t>;
  text = trimmed(text);
  auto is_negative = text.starts_with('-');
  if (is_negative || text.starts_with('+'))
    text.remove_prefix(1);
  auto digits = digits_of(text);
  if (digits.empty())
    return std::nullopt;
  if (is_negative)
    digits.insert(0, 1, '-');
  std::int64_t out = 0;
  auto [end, error] =
      std::from_chars(digits.data(), digits.data() + digits.size(), out);
  if (error == std::errc::result_out_of_range)
    return is_negative ? limits::min() : limits::max();
  return out;
}

/// The number of oldest events that the limit drops.
std::size_t surplus(std::int64_t limit, std::size_t count) {
  if (limit < 0)
    return static_cast<std::size_t>(
        std::min(-static_cast<std::uint64_t>(limit), std::uint64_t{count}));
  auto kept = static_cast<std::uint64_t>(limit);
  return kept == 0 || kept >= count ? 0
                                    : count - static_cast<std::size_t>(kept);
}

std::optional<std::int64_t> find_number(std::string_view target,
                                        std::string_view name,
                                        std::vector<violation>& wrong) {
  auto text = query_value(target, name);
  if (!text)
    return std::nullopt;
  if (auto out = to_integer(*text))
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
  return out;
}

bool event_filter::accepts(const event& x) const {
  return !tick_index && !tick_min && !tick_max
         && (!event_type || event_type->empty() || type_of(x) == *event_type)
         && (!agent || x.agent.str() == *agent);
}

std::vector<event_ptr>
event_filter::choose(const std::vector<event_ptr>& events) const {
  std::vector<event_ptr> out;
  std::copy_if(events.begin(), events.end(), std::back_inserter(out),
               [this](const auto& x) { return accepts(*x); });
  if (limit)
    out.erase(out.begin(),
              out.begin()
                  + static_cast<std::ptrdiff_t>(surplus(*limit, out.size())));
  return out;
}

std::string to_json(const event_filter& x) {
  json_writer out;
  out.nullable("event_type", x.event_type);
  write(out, "tick_index", x.tick_index);
  write(out, "tick_min", x.tick_min);
  write(out, "tick_max", x.tick_max);
  out.nullable("agent_id", x.agent);
  write(out, "limit", x.limit);
  return out.finish();
}

} // namespace bridgekeeper::api
