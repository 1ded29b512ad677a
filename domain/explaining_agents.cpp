#include "domain/explaining_agents.hpp"

#include "domain/reason_guide.hpp"

#include <algorithm>
#include <iterator>
#include <string>
#include <utility>

namespace bridgekeeper {

namespace {

constexpr const char* uncordon_advice =
    "Use `bridgekeeper uncordon` to send the agent dispatches again.";

struct event_reader {
  timestamp at;

  std::optional<decision> operator()(const agent_connected& x) const {
    return decision{.at = at,
                    .topic = decision_topic::connected,
                    .text = "The agent connected (incarnation "
                            + std::to_string(to_number(x.number)) + ")."};
  }

  std::optional<decision> operator()(const agent_disconnected& x) const {
    // The event of the lost heartbeat says more.
    if (x.reason == errc::heartbeat_timeout)
      return std::nullopt;
    return make_decision(
        at, decision_topic::disconnected, x.reason,
        "The agent disconnected: "
            + (x.detail.empty() ? std::string{sentence(x.reason)} : x.detail)
            + '.');
  }

  std::optional<decision> operator()(const agent_heartbeat_lost& x) const {
    auto out = make_decision(
        at, decision_topic::disconnected, errc::heartbeat_timeout,
        "The agent was evicted: its bridge had sent nothing since "
            + to_iso8601_seconds(x.last_seen) + ", and "
            + duration_text(x.timeout) + " were allowed.");
    out.value = duration_text(x.timeout) + " allowed";
    return out;
  }

  std::optional<decision> operator()(const agent_conflict& x) const {
    return make_decision(at, decision_topic::other, errc::agent_id_in_use,
                         "Two bridges use this agent id, one at "
                             + x.standing_ip + " and one at " + x.newcomer_ip
                             + '.');
  }

  template <class Other>
  std::optional<decision> operator()(const Other&) const {
    return std::nullopt;
  }
};

decision present(const agent_case& x, std::string text) {
  return {.at = x.now, .text = std::move(text)};
}

void add_duty(explanation& out, const agent_case& x) {
  if (x.known && x.known->is_cordoned) {
    auto step = present(
        x, "An operator has cordoned the agent: it is sent nothing new.");
    step.rule = "A cordoned agent keeps its link and finishes its work; "
                "dispatches to it wait.";
    step.next = uncordon_advice;
    out.steps.push_back(std::move(step));
  }
  if (x.known && x.known->connected && x.known->announced
      && x.known->announced->vitals
      && x.known->announced->vitals->is_bridge_draining) {
    auto step =
        present(x, "Its bridge has asked for no further dispatches: it stops "
                   "when it has finished its work.");
    step.rule = "A bridge that drains is sent nothing new.";
    step.next = "Start the bridge again.";
    out.steps.push_back(std::move(step));
  }
}

/// Whether dispatches wait because the bridge has no free slot.
bool is_busy(const live_agent& x) {
  return x.waiting > 0 && x.pending >= x.slots;
}

void add_load(explanation& out, const agent_case& x) {
  const auto& live = *x.live;
  auto step = present(
      x, "Its bridge has " + count_text(live.pending, "dispatch", "dispatches")
             + " and takes " + std::to_string(live.slots) + " at a time; "
             + std::to_string(live.waiting)
             + (live.waiting == 1 ? " waits." : " wait."));
  step.rule = "A bridge is sent as many dispatches as it has slots; the others "
              "wait in the daemon, in the order of their priority.";
  if (live.waiting > 0) {
    step.setting = "bridge.stock_slots";
    step.value = value_of(x.settings, step.setting);
  }
  if (is_busy(live))
    step.next = "Wait, send the work to another agent, or give the bridge more "
                "slots (`bridgekeeper bridge --max-tasks`).";
  out.steps.push_back(std::move(step));
}

void add_silence(explanation& out, const agent_case& x) {
  const auto& live = *x.live;
  auto step =
      present(x, "Its bridge was last heard " + duration_text(live.silent_for)
                     + " ago; after " + duration_text(live.silence_allowed)
                     + " of silence the agent is evicted.");
  step.rule = live.longest_gap.count() > 0
                  ? "The longest of the bridge's last gaps between heartbeats "
                    "is "
                        + duration_text(live.longest_gap) + "; "
                        + std::string{guide_to(errc::heartbeat_timeout).rule}
                  : std::string{guide_to(errc::heartbeat_timeout).rule};
  step.setting = "heartbeat.timeout";
  step.value = value_of(x.settings, step.setting);
  out.steps.push_back(std::move(step));
}

void add_absence(explanation& out, const agent_case& x) {
  auto step = present(
      x, x.known && x.known->number == incarnation{}
             ? "No bridge has ever registered as this agent."
             : "The agent is not connected"
                   + (x.away_for ? " (for " + duration_text(*x.away_for) + ")"
                                 : std::string{})
                   + '.');
  if (x.shelved > 0)
    step.text.insert(step.text.size() - 1,
                     "; " + count_text(x.shelved, "dispatch", "dispatches")
                         + (x.shelved == 1 ? " waits" : " wait") + " for it");
  step.rule = std::string{guide_to(errc::agent_not_connected).rule};
  step.next = "Start the agent's bridge.";
  out.steps.push_back(std::move(step));
}

const decision* last_of(const std::vector<decision>& all,
                        decision_topic topic) {
  auto pos = std::find_if(all.rbegin(), all.rend(),
                          [topic](const auto& x) { return x.topic == topic; });
  return pos != all.rend() ? &*pos : nullptr;
}

/// Without its full stop, to be part of a sentence.
std::string clause(const decision& x) {
  auto out = x.text;
  while (!out.empty() && out.back() == '.')
    out.pop_back();
  return out;
}

std::string summary_of(const explanation& so_far, const agent_case& x) {
  auto out = "Agent " + x.id.str();
  const auto* last_end = last_of(so_far.steps, decision_topic::disconnected);
  const auto* refused = last_of(so_far.steps, decision_topic::refused);
  if (x.known && x.known->connected) {
    out += " is connected";
    if (x.known->is_cordoned)
      out += ", but cordoned, so it is sent nothing new";
    else if (x.live && is_busy(*x.live))
      out += ", but busy, so "
             + count_text(x.live->waiting, "dispatch waits", "dispatches wait");
    else if (refused != nullptr
             && (last_end == nullptr || refused->at > last_end->at))
      return out + ". The last refusal: " + clause(*refused) + '.';
    return last_end != nullptr
               ? out + ". Its last link: " + clause(*last_end) + '.'
               : out + '.';
  }
  out += " is not connected";
  const auto* why =
      refused != nullptr && (last_end == nullptr || refused->at > last_end->at)
          ? refused
          : last_end;
  return why != nullptr ? out + ". " + clause(*why) + '.' : out + '.';
}

} // namespace

std::optional<decision> decision_of(const event& x) {
  return std::visit(event_reader{x.at}, x.body);
}

explanation explain(agent_case x) {
  explanation out{explained_kind::agent, x.id.str(), {}, {}, {}};
  for (const auto& past : x.past)
    if (past->at < x.decisions_began)
      if (auto step = decision_of(*past))
        out.steps.push_back(std::move(*step));
  std::move(x.decisions.begin(), x.decisions.end(),
            std::back_inserter(out.steps));
  out.summary = summary_of(out, x);
  add_duty(out, x);
  if (x.known && x.known->connected) {
    if (x.live) {
      add_load(out, x);
      add_silence(out, x);
    }
  } else {
    add_absence(out, x);
  }
  collect_advice(out);
  return out;
}

} // namespace bridgekeeper
