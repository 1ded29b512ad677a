#include "actors/decision_teller.hpp"

#include "actors/teller_text.hpp"
#include "domain/explanation.hpp"

#include <algorithm>
#include <string>
#include <string_view>
#include <utility>

namespace bridgekeeper::actors {

namespace {

using topic = decision_topic;

/// Something that no reason stands behind.
decision make_note(topic about, std::string text) {
  return {.at = wall_clock_now(), .topic = about, .text = std::move(text)};
}

decision because(topic about, errc why, std::string text) {
  return make_decision(wall_clock_now(), about, why, std::move(text));
}

/// The detail or the sentence of a reason, to end a sentence with.
std::string in_words(std::string_view detail, errc why) {
  std::string out{detail_or_sentence(detail, why)};
  // The second line is advice.
  out.resize(std::min(out.find('\n'), out.size()));
  return out.ends_with('.') ? out : out + '.';
}

/// ` at 10.0.0.1`, or empty if the address is unknown.
std::string at_address(const origin& x) {
  return x.ip.empty() ? std::string{} : " at " + x.ip;
}

/// ` from 10.0.0.1 (token ci)`
std::string sender(const origin& x) {
  return (x.ip.empty() ? std::string{} : " from " + x.ip) + of_token(x);
}

/// The reasons of links whose settings differ from those of requests.
void name_link_setting(decision& x) {
  if (x.why == errc::too_large)
    x.setting = "bridge.max_frame_bytes";
  else if (x.why == errc::request_timeout || x.why == errc::stalled)
    x.setting = "server.peer_timeout";
}

/// Whether only requests about an agent that exists are refused for this
/// reason.
bool proves_agent(errc why) {
  return why == errc::agent_not_connected || why == errc::agent_still_connected
         || why == errc::no_task || why == errc::too_many_pending;
}

std::string_view words_of(fact::queue_cause x) {
  switch (x) {
  case fact::queue_cause::busy:
    break;
  case fact::queue_cause::cordoned:
    return "an operator has cordoned it";
  case fact::queue_cause::bridge_draining:
    return "its bridge has asked for no further dispatches";
  case fact::queue_cause::not_connected:
    return "it is not connected";
  case fact::queue_cause::link_ended:
    return "its link ended before the dispatch was sent";
  }
  return "its bridge has no free slot";
}

/// The timer that has ended an attempt: its rule and the time it allows.
void name_timer(decision& out, const fact::attempt_terms& x) {
  using fact::dispatch_timer;
  std::string_view field;
  switch (x.expired) {
  case dispatch_timer::none:
    return;
  case dispatch_timer::attempt:
    out.rule = "An attempt may take as long as its timeout says, from when it "
               "is sent.";
    field = "timeout_s";
    break;
  case dispatch_timer::queue:
    out.rule = "A dispatch may wait to be sent for as long as its queue "
               "timeout says.";
    field = "queue_timeout_s";
    break;
  case dispatch_timer::total:
    out.rule = "All attempts of a dispatch together may take as long as its "
               "total timeout says.";
    field = "total_timeout_s";
    break;
  case dispatch_timer::grace:
    out.rule = "A bridge of protocol 1.1 may be away for a time before what it "
               "has is lost.";
    field = "bridge.resume_grace";
    out.setting = field;
    out.value = seconds_value(x.allowed);
    return;
  }
  out.setting = x.is_asked ? field : "dispatch.timeout";
  out.value = seconds_value(x.allowed);
}

std::string end_text(const failure& why, const fact::attempt_terms& x) {
  using fact::dispatch_timer;
  if (x.expired == dispatch_timer::attempt)
    return "the agent did not respond within the timeout of "
           + duration_text(x.allowed) + '.';
  if (x.expired == dispatch_timer::queue)
    return "it was not sent within its queue timeout of "
           + duration_text(x.allowed) + '.';
  if (x.expired == dispatch_timer::total)
    return "it was not completed within its total timeout of "
           + duration_text(x.allowed) + '.';
  return in_words(why.detail, why.code);
}

} // namespace

// -- agents -------------------------------------------------------------------

void decision_teller::operator()(const fact::bridge_rejected& x) const {
  log_.note(because(topic::refused, x.why,
                    "A bridge" + at_address(x.from)
                        + " was rejected: " + in_words({}, x.why)),
            {});
}

void decision_teller::operator()(const fact::registration_refused& x) const {
  auto out = because(topic::refused, x.why,
                     "The registration of a bridge" + at_address(x.from)
                         + " was refused: " + in_words(x.detail, x.why));
  // Only a registered agent has shown that it may use the id.
  log_.note(std::move(out),
            {.agent = &x.claimed, .is_claim = x.why != errc::agent_id_in_use});
}

void decision_teller::operator()(const fact::link_ended_early& x) const {
  auto out = because(topic::refused, x.why,
                     "A bridge" + at_address(x.from)
                         + " was disconnected before it had registered: "
                         + in_words(x.detail, x.why));
  name_link_setting(out);
  if (x.why == errc::too_large) {
    out.rule = "The first frame of a bridge may have 512 KiB.";
    out.setting = {};
    out.next = "Let the bridge announce less in its registration.";
  }
  log_.note(std::move(out), {.agent = &x.claimed, .is_claim = true});
}

void decision_teller::operator()(const fact::agent_connected& x) const {
  log_.note(make_note(topic::connected,
                      "The agent connected" + sender(x.from)
                          + " as incarnation "
                          + std::to_string(to_number(x.number)) + ", with "
                          + count_text(x.agent.slots, "slot", "slots") + '.'),
            {.agent = &x.agent.agent});
}

void decision_teller::operator()(const fact::agent_disconnected& x) const {
  // These have facts of their own, which say more.
  if (x.why == errc::heartbeat_timeout || x.why == errc::token_revoked)
    return;
  auto out =
      because(topic::disconnected, x.why,
              "The agent was disconnected: " + in_words(x.detail, x.why));
  // Only bridges of protocol 1.1 come back for what they had.
  if (x.why == errc::agent_lost && x.agent.instance.empty())
    out.setting = {};
  name_link_setting(out);
  log_.note(std::move(out), {.agent = &x.agent.agent});
}

void decision_teller::operator()(const fact::agent_timed_out& x) const {
  log_.note(because(topic::disconnected, errc::heartbeat_timeout,
                    "The agent was evicted: its bridge had been silent for "
                        + duration_text(x.silent) + ", and "
                        + duration_text(x.allowed) + " were allowed."),
            {.agent = &x.agent.agent});
}

void decision_teller::operator()(const fact::agent_token_revoked& x) const {
  log_.note(because(topic::disconnected, errc::token_revoked,
                    "The agent was disconnected: its token " + x.label
                        + " is no longer valid."),
            {.agent = &x.agent.agent});
}

void decision_teller::operator()(const fact::agent_replaced& x) const {
  log_.note(make_note(topic::other, "The agent registered again, from "
                                        + x.newer.ip
                                        + "; its older connection, from "
                                        + x.older.ip + ", is closed."),
            {.agent = &x.newer.agent});
}

void decision_teller::operator()(const fact::agent_conflict& x) const {
  auto text =
      "Two bridges use this agent id, one at " + x.standing.ip + " and one at "
      + x.newcomer.ip + ": "
      + (x.newcomer_stands ? "the first one did not respond, so the second one "
                             "replaced it."
                           : "the first one is alive, so the second one was "
                             "refused.");
  log_.note(because(topic::other,
                    x.newcomer_stands ? errc::replaced : errc::agent_id_in_use,
                    std::move(text)),
            {.agent = &x.standing.agent});
}

void decision_teller::operator()(const fact::agent_died& x) const {
  log_.note(
      because(topic::disconnected, errc::internal,
              "The agent's actor died: " + in_words(x.how, errc::internal)),
      {.agent = &x.agent});
}

void decision_teller::operator()(const fact::agent_forgotten& x) const {
  log_.note(make_note(topic::other, "The agent was forgotten, at the request"
                                        + sender(x.from) + '.'),
            {.agent = &x.agent});
}

void decision_teller::operator()(const fact::agent_duty_changed& x) const {
  // The registry knows which agents are cordoned.
  if (x.agent.empty())
    return;
  log_.note(make_note(topic::other, "An operator"
                                        + std::string{at_console(x.where)}
                                        + sender(x.from) + " has "
                                        + std::string{done_by_operator(x.duty)}
                                        + " the agent."),
            {.agent = &x.agent});
}

void decision_teller::operator()(const fact::bridge_resumed& x) const {
  log_.note(
      make_note(topic::other, "The bridge came back: "
                                  + count_text(x.adopted, "dispatch goes on",
                                               "dispatches go on")
                                  + ", " + std::to_string(x.cancelled)
                                  + (x.cancelled == 1 ? " was" : " were")
                                  + " no longer wanted."),
      {.agent = &x.agent.agent});
}

void decision_teller::operator()(const fact::result_refused& x) const {
  auto text = x.why == errc::forged_result
                  ? std::string{"A message of the bridge was dropped because "
                                "it names another agent."}
              : x.why == errc::unknown_message
                  ? "A response was dropped because the dispatch "
                        + x.message.str() + " is not pending on this link."
                  : "A response of the bridge was invalid: "
                        + in_words(x.detail, x.why);
  log_.note(because(topic::refused, x.why, std::move(text)),
            {.agent = &x.agent.agent});
}

void decision_teller::operator()(const fact::frame_ignored& x) const {
  log_.note(because(topic::refused, x.why.code,
                    "An invalid frame of the bridge was ignored: "
                        + in_words(x.why.detail, x.why.code)),
            {.agent = &x.agent.agent});
}

// -- dispatches ---------------------------------------------------------------

void decision_teller::operator()(const fact::dispatch_queued& x) const {
  auto out = make_note(topic::queued, "The dispatch waits for agent "
                                          + x.agent.agent.str() + ": "
                                          + std::string{words_of(x.why)} + '.');
  if (x.why == fact::queue_cause::busy) {
    out.rule = "A bridge is sent as many dispatches as it has slots.";
    out.setting = x.agent.instance.empty() ? "bridge.stock_slots" : "slots";
    out.value = std::to_string(x.agent.slots);
  }
  log_.note(std::move(out), {.message = &x.message});
}

void decision_teller::operator()(const fact::dispatch_unassigned& x) const {
  auto out = make_note(topic::queued,
                       "The dispatch names no agent, and no connected agent "
                       "with what it requires takes new dispatches.");
  out.rule = "A dispatch that names no agent goes to the least busy agent with "
             "the required capabilities and labels.";
  out.setting = "require";
  for (const auto& word : x.required)
    out.value += (out.value.empty() ? "" : ", ") + word;
  log_.note(std::move(out), {.message = &x.message});
}

void decision_teller::operator()(const fact::dispatch_retried& x) const {
  auto out = because(
      topic::retried, x.why.code,
      "Attempt " + std::to_string(x.attempt - 1) + " has failed: "
          + end_text(x.why, x.terms) + " Attempt " + std::to_string(x.attempt)
          + " of " + std::to_string(x.terms.max_attempts)
          + " is not made before " + to_iso8601_seconds(x.not_before) + '.');
  name_timer(out, x.terms);
  log_.note(std::move(out), {.message = &x.message});
}

void decision_teller::operator()(const fact::dispatch_failed& x) const {
  auto out = because(topic::ended, x.why.code,
                     "The dispatch has ended: " + end_text(x.why, x.terms));
  name_timer(out, x.terms);
  // A stock bridge never comes back for what it had.
  if (x.why.code == errc::agent_lost && x.agent.instance.empty())
    out.setting = {};
  log_.note(std::move(out), {.message = &x.message});
}

void decision_teller::operator()(const fact::response_received& x) const {
  if (!x.result->error)
    return;
  log_.note(because(topic::ended, errc::task_failed,
                    "The agent reported an error: "
                        + in_words(*x.result->error, errc::task_failed)),
            {.message = &x.result->message});
}

void decision_teller::operator()(const fact::rate_limit_reached& x) const {
  auto of_agent = x.refusal.agent_is_full;
  const auto& window = of_agent ? x.refusal.rates.agent : x.refusal.rates.ip;
  auto limit = std::to_string(window.limit);
  auto out = because(topic::refused, errc::rate_limited,
                     "A dispatch" + sender(x.from) + " was refused: "
                         + (of_agent ? "the agent" : "the address")
                         + " may have " + limit + " dispatches in any 60 s.");
  out.setting = of_agent ? "limits.agent_per_minute" : "limits.ip_per_minute";
  out.value = limit;
  out.next = "Send the dispatch again when the time in Retry-After is over, or "
             "raise "
             + out.setting + '.';
  log_.note(std::move(out),
            {.agent = &x.agent.agent, .message = &x.task.message});
}

void decision_teller::operator()(const fact::cost_limit_reached& x) const {
  const auto& costs = x.refusal.costs;
  auto out = because(topic::refused, errc::cost_limit,
                     "A dispatch" + sender(x.from) + " was refused: "
                         + in_words(headline(x.refusal.why), errc::cost_limit));
  // The limit with less room left is the one that refuses.
  auto is_daily = costs.daily.remaining
                  && (!costs.session.remaining
                      || *costs.daily.remaining < *costs.session.remaining);
  out.setting = is_daily ? "cost.daily_limit_usd" : "cost.session_limit_usd";
  out.value = to_string(is_daily ? costs.daily.limit : costs.session.limit);
  if (auto advice = hint(x.refusal.why); !advice.empty())
    out.next = std::move(advice);
  log_.note(std::move(out),
            {.agent = &x.agent.agent, .message = &x.task.message});
}

// -- requests and connections -------------------------------------------------

void decision_teller::operator()(const fact::token_refused& x) const {
  // The others are told when the request or the registration is refused.
  if (x.where == fact::gate::console)
    log_.note(because(topic::refused, x.why,
                      "An operator's console was rejected: "
                          + in_words(x.detail, x.why)),
              {});
}

void decision_teller::operator()(const fact::request_refused& x) const {
  // Limits have facts of their own, which say more.
  if (x.why.code == errc::rate_limited || x.why.code == errc::cost_limit)
    return;
  auto what = x.what.path.empty()
                  ? std::string{"A request on /ws/control"}
                  : std::string{x.what.method} + ' ' + std::string{x.what.path};
  auto out = because(topic::refused, x.why.code,
                     what + sender(x.from) + " was refused: "
                         + in_words(x.why.detail, x.why.code));
  if (x.why.code == errc::overflow) {
    out.rule = "The subscriptions of one connection are limited.";
    out.setting = {};
    out.next = "Subscribe to the events of all agents, or use several "
               "connections.";
  }
  log_.note(std::move(out),
            {.agent = x.agent,
             .message = x.message,
             .is_claim = !x.is_authorized,
             .agent_is_unproven = !proves_agent(x.why.code),
             .message_is_unproven =
                 !x.is_new_message && x.why.code != errc::already_ended});
}

void decision_teller::operator()(const fact::connection_refused& x) const {
  log_.note(because(topic::refused, x.why,
                    "A connection" + sender(x.from)
                        + " was rejected: " + in_words({}, x.why)),
            {});
}

void decision_teller::operator()(
    const fact::control_client_disconnected& x) const {
  auto out = because(topic::disconnected, x.why,
                     "The connection of a control client" + sender(x.from)
                         + " has ended: " + in_words(x.detail, x.why));
  if (x.why != errc::too_large)
    name_link_setting(out);
  log_.note(std::move(out), {});
}

void decision_teller::operator()(const fact::stream_reader_dropped& x) const {
  log_.note(because(topic::disconnected, x.why,
                    "A reader" + sender(x.from)
                        + " of an event stream was dropped: "
                        + in_words(x.detail, x.why)),
            {});
}

} // namespace bridgekeeper::actors
