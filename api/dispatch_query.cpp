#include "api/dispatch_query.hpp"

#include "api/query.hpp"

#include <boost/algorithm/string/classification.hpp>
#include <boost/algorithm/string/split.hpp>

#include <charconv>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>

namespace bridgekeeper::api {

namespace {

/// A whole number from 1 to `most`; nothing if `text` is not one.
std::optional<std::int64_t> parse_count(const std::string& text,
                                        std::int64_t most) {
  std::int64_t out = 0;
  auto last = text.data() + text.size();
  auto [end, error] = std::from_chars(text.data(), last, out);
  if (error != std::errc{} || end != last || out < 1 || out > most)
    return std::nullopt;
  return out;
}

std::optional<store::state_set> parse_states(const std::string& text) {
  std::vector<std::string> names;
  boost::split(names, text, boost::is_any_of(","));
  store::state_set out;
  for (const auto& name : names) {
    if (name == "unfinished")
      out.add(store::unfinished);
    else if (auto state = to_dispatch_state(name))
      out.add({*state});
    else
      return std::nullopt;
  }
  return out;
}

} // namespace

store::dispatch_filter
parse_dispatch_query(std::string_view target,
                     std::vector<protocol::violation>& wrong) {
  store::dispatch_filter out;
  auto complain = [&wrong](std::string_view name, const std::string& text,
                           std::string_view expected) {
    wrong.push_back(protocol::query_violation(
        name, text, "value_error", "Input should be " + std::string{expected}));
  };
  if (auto text = query_value(target, "state")) {
    if (auto states = parse_states(*text))
      out.in = *states;
    else
      complain("state", *text,
               "states separated by commas: queued, sent, accepted, running, "
               "completed, failed, timed_out, cancelled, lost, or unfinished");
  }
  if (auto text = query_value(target, "agent"))
    out.agent = agent_id{std::move(*text)};
  if (auto text = query_value(target, "since")) {
    out.since = parse_iso8601(*text);
    if (!out.since)
      complain("since", *text, "a time such as 2026-01-31T12:00:00Z");
  }
  if (auto text = query_value(target, "limit")) {
    if (auto limit = parse_count(*text, store::max_page))
      out.limit = static_cast<std::size_t>(*limit);
    else
      complain("limit", *text, "a whole number from 1 to 1000");
  }
  if (auto text = query_value(target, "after")) {
    if (auto row = parse_count(*text, std::numeric_limits<std::int64_t>::max()))
      out.before = store::dispatch_number{*row};
    else
      complain("after", *text, "the next of the page before");
  }
  return out;
}

} // namespace bridgekeeper::api
