#include "actors/decision_teller.hpp"
#include "actors/decision_text.hpp"
#include "domain/explanation.hpp"

#include <string>
#include <string_view>
#include <utility>

// Decisions about dispatches.

namespace bridgekeeper::actors {

namespace {

using topic = decision_topic;

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

} // namespace bridgekeeper::actors
