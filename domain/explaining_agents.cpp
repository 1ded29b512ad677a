#include "domain/explaining_agents.hpp"

#include "domain/agent_advice.hpp"
#include "domain/count_text.hpp"
#include "domain/explaining_ends.hpp"
#include "domain/liveness.hpp"
#include "domain/reason_guide.hpp"

#include <algorithm>
#include <iterator>
#include <string>
#include <string_view>
#include <utility>

namespace bridgekeeper {

namespace {

constexpr const char* uncordon_advice =
    "Use `bridgekeeper uncordon` to let the agent work again.";

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
    auto out = make_decision(
        at, decision_topic::disconnected, x.reason,
        "The agent disconnected: "
            + (x.detail.empty() ? std::string{sentence(x.reason)} : x.detail)
            + '.');
    if (x.reason == errc::agent_lost)
      explain_link_end(out, x.detail);
    return out;
  }

  std::optional<decision> operator()(const agent_heartbeat_lost& x) const {
    return make_decision(
        at, decision_topic::disconnected, errc::heartbeat_timeout,
        "The agent was evicted: its bridge had sent nothing since "
            + to_iso8601_seconds(x.last_seen) + ", and "
            + duration_text(x.timeout) + " were allowed.");
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

/// Whether the bridge has been silent for longer than it may be. The next check
/// evicts its agent.
bool is_overdue(const live_agent& x) {
  return x.silent_for > x.silence_allowed;
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
  if (is_busy(live) && !x.known->is_cordoned) {
    auto slots = slots_setting(x.known->announced);
    step.setting = slots.name;
    step.value = std::to_string(live.slots);
    step.next = "Wait, send the work to another agent, or "
                + std::string{slots.advice} + '.';
  }
  out.steps.push_back(std::move(step));
}

std::string silence_rule(const agent_case& x) {
  if (value_of(x.settings, "heartbeat.adaptive") == "false")
    return "An agent is evicted when its bridge has sent nothing for longer "
           "than heartbeat.timeout.";
  std::string rule{guide_to(errc::heartbeat_timeout).rule};
  const auto& live = *x.live;
  if (live.beats < liveness::beats_before_trust)
    return rule + " This bridge has sent "
           + count_text(live.beats, "heartbeat", "heartbeats") + '.';
  return rule + " The longest gap of this bridge is "
         + duration_text(live.longest_gap) + '.';
}

void add_silence(explanation& out, const agent_case& x) {
  const auto& live = *x.live;
  auto step =
      present(x, "Its bridge was last heard " + duration_text(live.silent_for)
                     + " ago; after " + duration_text(live.silence_allowed)
                     + " of silence the agent is evicted.");
  step.rule = silence_rule(x);
  step.setting = "heartbeat.timeout";
  step.value = value_of(x.settings, step.setting);
  if (is_overdue(live))
    step.next = guide_to(errc::heartbeat_timeout).next;
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
  step.next =
      "Start the agent's bridge. Dispatches with `--queue-timeout` wait "
      "for it.";
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

/// `A dispatch: too many`, of "A dispatch was refused: too many."
std::string refusal_clause(const decision& x) {
  auto out = clause(x);
  constexpr std::string_view verb = " was refused: ";
  if (auto pos = out.find(verb); pos != std::string::npos)
    out.replace(pos, verb.size(), ": ");
  return out;
}

std::string summary_of(const explanation& so_far, const agent_case& x) {
  auto out = "Agent " + x.id.str();
  const auto* last_end = last_of(so_far.steps, decision_topic::disconnected);
  if (x.known && x.known->connected) {
    const auto* refused = last_of(so_far.steps, decision_topic::refused);
    out += " is connected";
    if (x.live && is_overdue(*x.live))
      out += ", but its bridge has been silent for "
             + duration_text(x.live->silent_for) + ", and "
             + duration_text(x.live->silence_allowed)
             + " are allowed, so it is about to be evicted";
    else if (x.known->is_cordoned)
      out += ", but cordoned, so it is sent nothing new";
    else if (x.live && is_busy(*x.live))
      out += ", but busy, so "
             + count_text(x.live->waiting, "dispatch waits", "dispatches wait");
    else if (refused != nullptr && still_holds(*refused, x)
             && (last_end == nullptr || refused->at > last_end->at))
      return out + ". The last refusal: " + refusal_clause(*refused) + '.';
    return last_end != nullptr
               ? out + ". Its last link: " + clause(*last_end) + '.'
               : out + '.';
  }
  out += " is not connected";
  const auto* away = last_of(so_far.steps, decision_topic::turned_away);
  const auto* why =
      away != nullptr && (last_end == nullptr || away->at > last_end->at)
          ? away
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
      if (auto step = decision_of(*past)) {
        // The value of that time is unknown.
        step->setting = {};
        out.steps.push_back(std::move(*step));
      }
  std::move(x.decisions.begin(), x.decisions.end(),
            std::back_inserter(out.steps));
  out.summary = summary_of(out, x);
  auto past = std::exchange(out.steps, {});
  add_duty(out, x);
  if (x.known && x.known->connected) {
    if (x.live) {
      add_load(out, x);
      add_silence(out, x);
    }
  } else {
    add_absence(out, x);
  }
  out.next = present_advice(x, past, out.steps);
  out.steps.insert(out.steps.begin(), std::move_iterator{past.begin()},
                   std::move_iterator{past.end()});
  return out;
}

} // namespace bridgekeeper
