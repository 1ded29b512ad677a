#include "app/client/cost_table.hpp"

#include "app/client/agent_table.hpp"
#include "app/text/text_table.hpp"
#include "domain/micro_usd.hpp"
#include "protocol/json_fields.hpp"

#include <algorithm>
#include <array>
#include <vector>

namespace bridgekeeper::app {

namespace {

using protocol::json_fields;
using protocol::json_kind;

constexpr std::array<std::string_view, 9> wanted{
    "session_cost_usd", "session_limit_usd",    "session_remaining_usd",
    "daily_cost_usd",   "daily_limit_usd",      "daily_remaining_usd",
    "reserved_usd",     "session_starts_again", "daily_starts_again",
};

micro_usd amount(const json_fields& x, const std::string& name) {
  const auto& field = x.find(name);
  return field.kind == json_kind::number ? micro_usd::from_usd(field.number)
                                         : micro_usd{};
}

/// `in 3h 12m`, or how to reset the costs if they do not reset by themselves.
std::string starts_again(const json_fields& x, const std::string& name,
                         timestamp now) {
  const auto& field = x.find(name);
  auto at = field.kind == json_kind::string ? parse_iso8601(field.text)
                                            : std::nullopt;
  if (!at)
    return "with --reset-session";
  auto left = std::chrono::ceil<std::chrono::seconds>(*at - now);
  return "in " + format_age(std::max(left, std::chrono::seconds{0}));
}

std::vector<std::string> make_row(const json_fields& x,
                                  const std::string& account, const char* title,
                                  timestamp now) {
  auto limit = amount(x, account + "_limit_usd");
  auto is_limited = limit > micro_usd{};
  return {title, to_string(amount(x, account + "_cost_usd")),
          is_limited ? to_string(limit) : "none",
          is_limited ? to_string(amount(x, account + "_remaining_usd")) : "-",
          starts_again(x, account + "_starts_again", now)};
}

} // namespace

std::string cost_table(std::string_view costs, timestamp now) {
  auto fields = json_fields::parse(costs, wanted);
  if (!fields)
    return {};
  text_table table{{"", "SPENT", "LIMIT", "REMAINING", "RESETS"}};
  table.add(make_row(*fields, "session", "session", now));
  table.add(make_row(*fields, "daily", "day", now));
  auto out = table.str();
  auto reserved = amount(*fields, "reserved_usd");
  if (reserved > micro_usd{})
    out += "\n" + to_string(reserved)
           + " is reserved for unfinished dispatches.\n";
  return out;
}

} // namespace bridgekeeper::app
