#include "actors/decision_teller.hpp"
#include "actors/decision_text.hpp"
#include "domain/count_text.hpp"
#include "domain/explaining_ends.hpp"
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

/// What explains the end of an attempt.
void explain_end(decision& out, const failure& why,
                 const fact::attempt_terms& x, const announcement& agent) {
  if (x.expired != fact::dispatch_timer::none)
    explain_timer(out, x.expired, x.is_asked, seconds_value(x.allowed));
  else if (why.code == errc::agent_lost)
    explain_loss(out, why.detail, !agent.instance.empty());
  else if (why.code == errc::task_failed)
    explain_failure(out, x.failed_as);
}

/// ` of the class idle`
std::string class_text(std::optional<failure_class> x) {
  return x ? " of the class " + std::string{to_string(*x)} : std::string{};
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
  log_.note(std::move(out), {.message = &x.message, .owner = &x.agent.agent});
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
  const auto& terms = x.terms;
  auto why_so_late = terms.rate_limit.count() > 0
                         ? ", because the agent's rate limit requires "
                           "a pause of "
                               + duration_text(terms.rate_limit)
                         : std::string{};
  auto out = because(
      topic::retried, x.why.code,
      "Attempt " + std::to_string(x.attempt - 1) + " has failed"
          + (terms.failed_as ? " with an error" + class_text(terms.failed_as)
                             : std::string{})
          + ": " + end_text(x.why, terms) + " Attempt "
          + std::to_string(x.attempt) + " of "
          + std::to_string(terms.max_attempts) + " is not made before "
          + to_iso8601_seconds(x.not_before) + why_so_late + '.');
  explain_end(out, x.why, terms, x.agent);
  // The next attempt is what is done about it.
  out.next = {};
  if (terms.rate_limit.count() > 0)
    out.rule = rate_limit_rule;
  log_.note(std::move(out), {.message = &x.message, .owner = &x.agent.agent});
}

void decision_teller::operator()(const fact::retry_dropped& x) const {
  auto out = make_note(
      topic::other,
      "Attempt " + std::to_string(x.attempt) + " of "
          + std::to_string(x.terms.max_attempts)
          + " is not made: it would have to wait for " + duration_text(x.pause)
          + (x.terms.rate_limit.count() > 0 ? " (the agent's rate limit)" : "")
          + ", until after the total timeout of "
          + duration_text(x.total_timeout) + '.');
  out.rule = "If the next attempt could be made only after the total timeout, "
             "the dispatch ends at once, as its last attempt has ended.";
  out.setting = "total_timeout_s";
  out.value = seconds_value(x.total_timeout);
  log_.note(std::move(out), {.message = &x.message});
}

void decision_teller::operator()(const fact::dispatch_failed& x) const {
  auto out = because(topic::ended, x.why.code,
                     "The dispatch has ended: " + end_text(x.why, x.terms));
  explain_end(out, x.why, x.terms, x.agent);
  log_.note(std::move(out), {.message = &x.message, .owner = &x.agent.agent});
}

void decision_teller::operator()(const fact::response_received& x) const {
  if (!x.result->error)
    return;
  const auto& details = x.result->details;
  auto why = details ? details->failure : std::nullopt;
  auto out = because(topic::ended, errc::task_failed,
                     "The agent reported an error" + class_text(why) + ": "
                         + in_words(*x.result->error, errc::task_failed));
  explain_failure(out, why);
  log_.note(std::move(out),
            {.message = &x.result->message, .owner = &x.agent.agent});
}

void decision_teller::operator()(const fact::rate_limit_reached& x) const {
  auto of_agent = x.refusal.agent_is_full;
  const auto& window = of_agent ? x.refusal.rates.agent : x.refusal.rates.ip;
  auto limit = std::to_string(window.limit);
  auto out =
      because(topic::refused, errc::rate_limited,
              "A dispatch" + sender(x.from) + " was refused: "
                  + (of_agent ? "the agent" : "the address") + " may have "
                  + count_text(static_cast<std::size_t>(window.limit),
                               "dispatch", "dispatches")
                  + " in any 60 s.");
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
