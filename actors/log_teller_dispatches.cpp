#include "actors/log_teller.hpp"
#include "actors/teller_text.hpp"
#include "domain/complaint_throttle.hpp"
#include "domain/count_text.hpp"
#include "domain/trace_context.hpp"
#include "domain/utf8.hpp"
#include "log/log_line.hpp"
#include "protocol/trace_json.hpp"

#include <chrono>
#include <cstddef>
#include <string>
#include <string_view>
#include <utility>

// Log lines about dispatches, their results and their costs.

namespace bridgekeeper::actors {

namespace {

/// The part of an agent's error that a line shows, in bytes.
constexpr std::size_t max_logged_error = 500;

/// ` to agent demo`, or empty if no agent has been chosen yet.
std::string to_agent(const dispatch& task) {
  return task.agent.empty() ? std::string{} : " to agent " + task.agent.str();
}

/// `dispatch ID to agent demo`; a request that was not looked at has no id.
std::string named(const dispatch& task) {
  return (task.message.str().empty() ? "a dispatch"
                                     : "dispatch " + task.message.str())
         + to_agent(task);
}

/// The fields of a line about a dispatch that was refused.
log::fields refusal_fields(const dispatch& task, errc why, const origin& from,
                           std::string_view traceparent) {
  return {.agent = task.agent.str(),
          .message_id = task.message.str(),
          .session = task.session->str(),
          .outcome = "refused",
          .reason = token(why),
          .peer = from.ip,
          .trace_id = trace_id_of(traceparent)};
}

/// Logs what is wrong with a message of this agent, unless `turn` is empty.
template <class... Ts>
void complain(const announcement& agent, const origin& from, errc why,
              std::string_view message, const fact::log_turn& turn,
              fmt::format_string<Ts...> format, const Ts&... xs) {
  if (turn && log::is_on(log::level::warn))
    log::line(log::level::warn,
              {.agent = agent.agent.str(),
               .message_id = message,
               .reason = token(why),
               .peer = from.ip},
              "agent {}: {}{}", agent.agent.str(),
              fmt::vformat(format, fmt::make_format_args(xs...)),
              and_more(*turn));
}

} // namespace

void log_teller::operator()(const fact::dispatch_accepted& x) const {
  if (!x.log || !log::is_on(log::level::info))
    return;
  const auto& task = x.task;
  log::line(log::level::info,
            {.agent = task.agent.str(),
             .message_id = task.message.str(),
             .session = task.session->str(),
             .peer = x.from.ip,
             .trace_id = trace_id_of(x.traceparent)},
            "dispatch {}{} was accepted{}{}{}", task.message.str(),
            to_agent(task), x.waits ? " and waits" : "", of_token(x.from),
            and_more(*x.log));
}

void log_teller::operator()(const fact::dispatch_refused& x) const {
  if (!x.log || !log::is_on(log::level::info))
    return;
  const auto& task = x.task;
  log::line(log::level::info,
            refusal_fields(task, x.why.code, x.from, x.traceparent),
            "{} was refused: {}{}{}", named(task), headline(x.why),
            of_token(x.from), and_more(*x.log));
}

void log_teller::operator()(const fact::dispatch_ended& x) const {
  if (!x.log || !log::is_on(log::level::info))
    return;
  const auto& task = x.task;
  log::fields fields{.agent = task.agent.str(),
                     .message_id = task.message.str(),
                     .session = task.session->str(),
                     .outcome = to_string(x.outcome),
                     .attempt = x.attempt,
                     .queue_wait = x.queue_wait,
                     .duration = x.took,
                     .cost = x.cost,
                     .trace_id = trace_id_of(x.traceparent)};
  auto seconds = std::chrono::duration<double>{x.took}.count();
  if (x.why == nullptr)
    return log::line(log::level::info, fields,
                     "dispatch {}{} was completed after {:.3f} s{}",
                     task.message.str(), to_agent(task), seconds,
                     and_more(*x.log));
  fields.reason = token(x.why->code);
  log::line(log::level::info, fields,
            "dispatch {}{} ended without a result after {:.3f} s: {}{}",
            task.message.str(), to_agent(task), seconds,
            cut_utf8(headline(*x.why), max_logged_error), and_more(*x.log));
}

void log_teller::operator()(const fact::rate_limit_reached& x) const {
  auto of_agent = x.refusal.agent_is_full;
  const auto& rates = x.refusal.rates;
  if (!x.log || !log::is_on(log::level::info))
    return;
  auto trace = protocol::trace_of(x.task.context);
  log::line(log::level::info,
            refusal_fields(x.task, x.refusal.why.code, x.from, trace.parent),
            "{} was refused: {} allows {} in 60 s{}{}", named(x.task),
            of_agent ? "limits.agent_per_minute" : "limits.ip_per_minute",
            of_agent ? rates.agent.limit : rates.ip.limit, of_token(x.from),
            and_more(*x.log));
}

void log_teller::operator()(const fact::cost_limit_reached& x) const {
  const auto& why = x.refusal.why;
  if (!x.refusal.log_after || !log::is_on(log::level::warn))
    return;
  auto trace = protocol::trace_of(x.task.context);
  auto advice = hint(why);
  log::line(log::level::warn,
            refusal_fields(x.task, why.code, x.from, trace.parent),
            "{} was refused: {}{}{}{}{}", named(x.task), headline(why),
            advice.empty() ? "" : ". ", advice, of_token(x.from),
            and_more(*x.refusal.log_after));
}

void log_teller::operator()(const fact::dispatch_retried& x) const {
  log::line(
      log::level::info,
      {.agent = x.agent.agent.str(),
       .message_id = x.message.str(),
       .session = x.session->str(),
       .reason = token(x.why.code),
       .attempt = x.attempt - 1U,
       .trace_id = trace_id_of(x.traceparent)},
      "an attempt of the dispatch {} to agent {} has failed ({}); attempt "
      "{} follows",
      x.message.str(), x.agent.agent.str(), to_string(x.why), x.attempt);
}

void log_teller::operator()(const fact::bridge_resumed& x) const {
  const auto& id = x.agent.agent.str();
  log::line(log::level::info, {.agent = id, .peer = x.from.ip},
            "agent {} came back: {}, {} no longer wanted", id,
            count_text(x.adopted, "dispatch goes on", "dispatches go on"),
            count_text(x.cancelled, "was", "were"));
}

void log_teller::operator()(const fact::late_result_kept& x) const {
  log::line(log::level::info,
            {.agent = x.agent.agent.str(),
             .message_id = x.result->message.str(),
             .session = x.session->str()},
            "agent {} responded to the dispatch {} after it had ended; the "
            "response is kept with the record",
            x.agent.agent.str(), x.result->message.str());
}

void log_teller::operator()(const fact::result_refused& x) const {
  if (x.why == errc::forged_result)
    complain(x.agent, x.from, x.why, x.message.str(), x.log,
             "message dropped because it names another agent");
  else if (x.why == errc::unknown_message)
    complain(x.agent, x.from, x.why, x.message.str(), x.log,
             "response dropped because dispatch {} is not pending here",
             x.message.str());
  else
    complain(x.agent, x.from, x.why, x.message.str(), x.log,
             "invalid response: {}", x.detail);
}

void log_teller::operator()(const fact::frame_ignored& x) const {
  complain(x.agent, x.from, x.why.code, {}, x.log, "invalid frame ignored: {}",
           x.why.detail);
}

// -- costs --------------------------------------------------------------------

void log_teller::operator()(const fact::cost_implausible& x) const {
  complain(x.agent, x.from, errc::cost_limit, x.message.str(), x.log,
           "reported cost of ${:g} ignored because it exceeds "
           "cost.max_per_dispatch_usd; the tokens of the dispatch are priced "
           "instead",
           x.reported);
}

void log_teller::operator()(const fact::costs_reset& x) const {
  log::line(log::level::info, {.peer = x.from.ip},
            "session spending was reset to 0 by {} from {}; it was {}",
            x.from.token, x.from.ip, to_string(x.before));
}

} // namespace bridgekeeper::actors
