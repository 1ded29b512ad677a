#include "domain/agent_advice.hpp"

#include <algorithm>
#include <chrono>

namespace bridgekeeper {

namespace {

/// A bridge that is refused because of another one tries again within this
/// time.
constexpr std::chrono::seconds longest_rivalry{60};

bool is_connected(const agent_case& x) {
  return x.known && x.known->connected;
}

bool is_same_setting(const decision& of, const agent_case& x) {
  return of.value == value_of(x.settings, of.setting);
}

bool is_rate_reached(const decision& refusal, const agent_case& x) {
  if (!is_same_setting(refusal, x))
    return false;
  if (refusal.setting == "limits.agent_per_minute")
    return x.agent_rate && x.agent_rate->remaining == 0;
  // The address is not on record, but its arrivals are forgotten after a
  // minute.
  return refusal.at + rate_window::length > x.now;
}

bool is_cost_reached(const decision& refusal, const agent_case& x) {
  if (!x.costs)
    return false;
  const auto& account = refusal.setting == "cost.daily_limit_usd"
                            ? x.costs->daily
                            : x.costs->session;
  if (account.limit == micro_usd{})
    return false;
  // A dispatch with a price is refused before the limit itself is reached.
  return account.spent + x.costs->reserved >= account.limit
         || (account.warning && refusal.at >= account.since);
}

bool is_full(const decision& refusal, const agent_case& x) {
  if (!x.live || !is_same_setting(refusal, x))
    return false;
  // The limit of bytes cannot be checked here.
  auto limit = std::strtoull(refusal.value.c_str(), nullptr, 10);
  return limit > 0 && x.live->pending + x.live->waiting >= limit;
}

/// The same bridge is still connected.
bool is_of_this_link(const decision& step, const agent_case& x) {
  return is_connected(x) && x.known->announced
         && step.at >= x.known->announced->connected_at;
}

bool is_newest_end(const decision& step, const std::vector<decision>& past) {
  return std::none_of(past.begin(), past.end(), [&](const auto& other) {
    return other.at > step.at
           && (other.topic == decision_topic::connected
               || other.topic == decision_topic::disconnected);
  });
}

void add(std::vector<std::string>& out, const std::string& advice) {
  if (!advice.empty() && out.size() < explanation::max_advice
      && std::find(out.begin(), out.end(), advice) == out.end())
    out.push_back(advice);
}

} // namespace

bool still_holds(const decision& refusal, const agent_case& x) {
  switch (refusal.why.value_or(errc::internal)) {
  case errc::rate_limited:
    return is_rate_reached(refusal, x);
  case errc::cost_limit:
    return is_cost_reached(refusal, x);
  case errc::too_many_pending:
    return is_full(refusal, x);
  case errc::agent_id_in_use:
    return refusal.at + longest_rivalry > x.now;
  case errc::forged_result:
  case errc::unknown_message:
  case errc::unreadable_response:
    return is_of_this_link(refusal, x);
  case errc::draining:
    // A daemon that has begun to stop does not go back.
    return refusal.at >= x.decisions_began;
  default:
    return false;
  }
}

std::vector<std::string> present_advice(const agent_case& x,
                                        const std::vector<decision>& past,
                                        const std::vector<decision>& present) {
  std::vector<std::string> out;
  for (auto step = present.rbegin(); step != present.rend(); ++step)
    add(out, step->next);
  for (auto step = past.rbegin(); step != past.rend(); ++step) {
    auto is_end = step->topic == decision_topic::disconnected
                  || step->topic == decision_topic::turned_away;
    // Whether the agent is still drained is among what is present.
    auto applies = still_holds(*step, x)
                   || (is_end && !is_connected(x) && is_newest_end(*step, past)
                       && step->why != errc::drained);
    if (applies)
      add(out, step->next);
  }
  return out;
}

} // namespace bridgekeeper
