#include "app/client/dispatch_query.hpp"

#include "app/client/daemon_call.hpp"
#include "app/text/quantity.hpp"
#include "domain/dispatch_life.hpp"
#include "domain/ids.hpp"

#include <boost/algorithm/string/classification.hpp>
#include <boost/algorithm/string/split.hpp>

#include <chrono>
#include <vector>

namespace bridgekeeper::app {

namespace {

failure wrong(std::string_view flag, const std::string& text,
              std::string_view advice) {
  return {errc::bad_request, std::string{flag} + ": \"" + text + "\" is not "
                                 + std::string{advice}};
}

bool are_states(const std::string& text) {
  std::vector<std::string> names;
  boost::split(names, text, boost::is_any_of(","));
  for (const auto& name : names)
    if (name != "unfinished" && !to_dispatch_state(name))
      return false;
  return true;
}

} // namespace

std::optional<timestamp> parse_since(std::string_view text, timestamp now) {
  // A bare number could be a year, so the unit is required.
  auto age = parse_duration(text, bare_number::refused);
  if (!age)
    return parse_iso8601(text);
  auto since_epoch = std::chrono::duration<double>{now.time_since_epoch()};
  if (*age >= since_epoch)
    return timestamp{};
  return now - std::chrono::duration_cast<std::chrono::microseconds>(*age);
}

result<std::string> make_list_target(const dispatch_query& x, timestamp now) {
  std::string out = "/control/dispatches?";
  if (x.states) {
    if (!are_states(*x.states))
      return wrong("--state", *x.states,
                   "a list of states separated by commas: queued, sent, "
                   "accepted, running, completed, failed, timed_out, "
                   "cancelled, lost, or unfinished for the first four.");
    out += "state=" + percent_encoded(*x.states) + '&';
  }
  if (x.agent) {
    if (!is_valid_agent_id(*x.agent))
      return wrong("--agent", *x.agent,
                   "a valid agent id: use 1 to 64 letters, digits and "
                   "hyphens. List the agents with: bridgekeeper agents");
    out += "agent=" + *x.agent + '&';
  }
  if (x.since) {
    auto at = parse_since(*x.since, now);
    if (!at)
      return wrong("--since", *x.since,
                   "a time such as 2026-01-31 or 2026-01-31T12:00:00Z, or an "
                   "age such as 30m, 2h or 7d.");
    out += "since=" + percent_encoded(to_iso8601(*at)) + '&';
  }
  return out + "limit=";
}

} // namespace bridgekeeper::app
