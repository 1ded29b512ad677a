#include "api/agent_paging.hpp"

#include "api/query.hpp"

#include <charconv>

namespace bridgekeeper::api {

namespace {

/// Returns 0 if the text is not a valid number of agents.
std::size_t parse_limit(const std::string& text,
                        std::vector<protocol::violation>& wrong) {
  std::int64_t out = 0;
  auto last = text.data() + text.size();
  auto [end, error] = std::from_chars(text.data(), last, out);
  if (error != std::errc{} || end != last) {
    wrong.push_back(protocol::query_violation(
        "limit", text, "int_parsing",
        "Input should be a valid integer, unable to parse string as an "
        "integer"));
    return 0;
  }
  if (out >= 1)
    return static_cast<std::size_t>(out);
  wrong.push_back(
      protocol::query_violation("limit", text, "greater_than_equal",
                                "Input should be greater than or equal to 1"));
  return 0;
}

} // namespace

std::optional<agent_query>
parse_agent_query(std::string_view target,
                  std::vector<protocol::violation>& wrong) {
  auto limit = query_value(target, "limit");
  auto after = query_value(target, "after");
  auto status = query_value(target, "status");
  if (!limit && !after && !status)
    return std::nullopt;
  agent_query out;
  if (limit)
    out.limit = parse_limit(*limit, wrong);
  if (after)
    out.after = agent_id{std::move(*after)};
  if (status)
    out.connected = *status == "connected";
  if (status && *status != "connected" && *status != "disconnected")
    wrong.push_back(protocol::query_violation(
        "status", *status, "enum",
        "Input should be 'connected' or 'disconnected'"));
  return out;
}

} // namespace bridgekeeper::api
