#include "actors/log_teller.hpp"

#include "actors/teller_text.hpp"
#include "domain/complaint_throttle.hpp"
#include "domain/trace_context.hpp"
#include "domain/utf8.hpp"
#include "net/log_line.hpp"

#include <spdlog/spdlog.h>

#include <chrono>
#include <utility>

namespace bridgekeeper::actors {

namespace {

using net::log_line;
using spdlog::level::level_enum;

/// The part of an agent's error that a line shows, in bytes.
constexpr std::size_t max_logged_error = 500;

/// ` to agent demo`, or empty if no agent has been chosen yet.
std::string to_agent(const dispatch& task) {
  return task.agent.empty() ? std::string{} : " to agent " + task.agent.str();
}

/// Logs what is wrong with a message of this agent, unless `turn` is empty.
template <class... Ts>
void complain(const announcement& agent, const origin& from, errc why,
              std::string_view message, const fact::log_turn& turn,
              spdlog::format_string_t<Ts...> format, Ts&&... xs) {
  if (turn)
    log_line(level_enum::warn,
             {.agent = agent.agent.str(),
              .message_id = message,
              .reason = token(why),
              .peer = from.ip},
             "agent {}: {}{}", agent.agent.str(),
             fmt::format(format, std::forward<Ts>(xs)...), and_more(*turn));
}

} // namespace

bool may_log(failure_quota& quota, const std::string& ip,
             std::string_view topic, std::string_view reason, time_point now) {
  log_left_out(quota.collect(now));
  return quota.admit(ip, topic, reason, now);
}

void log_left_out(const std::vector<failure_quota::summary>& list) {
  for (const auto& x : list) {
    if (x.gate.empty())
      spdlog::warn("{} more log lines about rejections from other addresses "
                   "were suppressed",
                   x.suppressed);
    else
      spdlog::warn(
          "{} more log lines about rejections from {} were suppressed; "
          "the last one: {}, {}",
          x.suppressed, x.address.empty() ? "operators" : x.address, x.gate,
          x.reason);
  }
}

// -- tokens -------------------------------------------------------------------

void log_teller::operator()(const fact::token_accepted& x) const {
  // There are too many requests to log, and a registered agent has its own
  // line.
  if (x.where == fact::gate::console)
    log_line(level_enum::info, {},
             "an operator attached to the console, with the token {}",
             x.from.token);
}

void log_teller::operator()(const fact::token_refused& x) const {
  // A bridge gets its line when its registration is refused.
  if (x.where == fact::gate::bridge)
    return;
  auto is_operator = x.where == fact::gate::console;
  if (is_operator && x.why == errc::too_many_attempts)
    return;
  if (!may_log(quota_, x.from.ip, is_operator ? "console" : "http",
               token(x.why), x.at))
    return;
  net::log_fields fields{.reason = token(x.why), .peer = x.from.ip};
  if (!is_operator)
    log_line(level_enum::warn, fields, "{} {} rejected: {}{}", x.what.method,
             x.what.path, detail_or_sentence(x.detail, x.why),
             of_token(x.from));
  else if (x.why == errc::missing_scope)
    log_line(level_enum::warn, fields,
             "an operator's console was rejected: the token {} lacks the "
             "scope admin",
             x.from.token);
  else
    log_line(level_enum::warn, fields, "an operator's console was rejected: {}",
             sentence(x.why));
}

// -- agents -------------------------------------------------------------------

void log_teller::operator()(const fact::bridge_rejected& x) const {
  if (may_log(quota_, x.from.ip, "bridge", token(x.why), x.at))
    log_line(level_enum::warn, {.reason = token(x.why), .peer = x.from.ip},
             "a bridge was rejected: {}", sentence(x.why));
}

void log_teller::operator()(const fact::registration_refused& x) const {
  if (may_log(quota_, x.from.ip, "bridge", token(x.why), x.at))
    log_line(
        level_enum::warn,
        {.agent = x.claimed.str(), .reason = token(x.why), .peer = x.from.ip},
        "a bridge was rejected: {}{}", x.detail, of_token(x.from));
}

void log_teller::operator()(const fact::agent_connected& x) const {
  const auto& id = x.agent.agent.str();
  log_line(level_enum::info, {.agent = id, .peer = x.from.ip},
           "agent {} connected (incarnation {})", id, to_number(x.number));
}

void log_teller::operator()(const fact::agent_disconnected& x) const {
  const auto& id = x.agent.agent.str();
  log_line(level_enum::info,
           {.agent = id, .reason = token(x.why), .peer = x.from.ip},
           "agent {} disconnected (incarnation {}): {}", id,
           to_number(x.number), detail_or_sentence(x.detail, x.why));
}

void log_teller::operator()(const fact::agent_timed_out& x) const {
  const auto& id = x.agent.agent.str();
  log_line(level_enum::warn,
           {.agent = id,
            .reason = token(errc::heartbeat_timeout),
            .peer = x.from.ip},
           "agent {} was evicted: it was silent for {} ms ({} ms allowed)", id,
           x.silent.count(), x.allowed.count());
}

void log_teller::operator()(const fact::agent_token_revoked& x) const {
  const auto& id = x.agent.agent.str();
  log_line(
      level_enum::warn,
      {.agent = id, .reason = token(errc::token_revoked), .peer = x.from.ip},
      "agent {} is disconnected: its token {} is no longer valid", id, x.label);
}

void log_teller::operator()(const fact::agent_replaced& x) const {
  const auto& id = x.newer.agent.str();
  log_line(level_enum::info,
           {.agent = id, .reason = token(errc::replaced), .peer = x.newer.ip},
           "agent {} registered again from {}; its older connection from {} is "
           "closed",
           id, x.newer.ip, x.older.ip);
}

void log_teller::operator()(const fact::agent_conflict& x) const {
  const auto& id = x.standing.agent.str();
  auto why = x.newcomer_stands ? errc::replaced : errc::agent_id_in_use;
  log_line(level_enum::warn,
           {.agent = id, .reason = token(why), .peer = x.newcomer.ip},
           "two bridges use the agent id {}, one at {} and one at {}: {}", id,
           x.standing.ip, x.newcomer.ip,
           x.newcomer_stands
               ? "the first one did not respond, so the second one replaced it"
               : "the first one is alive, so the second one was rejected; give "
                 "each bridge its own id");
}

void log_teller::operator()(const fact::agent_died& x) const {
  log_line(level_enum::err,
           {.agent = x.agent.str(), .reason = token(errc::internal)},
           "agent {} died: {}", x.agent.str(), x.how);
}

void log_teller::operator()(const fact::agent_duty_changed& x) const {
  auto what = done_by_operator(x.duty);
  auto where = at_console(x.where);
  if (x.agent.empty())
    return log_line(level_enum::info, {.peer = x.from.ip},
                    "all agents are {} by the operator{}{}; changed: {}", what,
                    where, of_token(x.from), x.count);
  log_line(level_enum::info, {.agent = x.agent.str(), .peer = x.from.ip},
           "agent {} is {} by the operator{}{}", x.agent.str(), what, where,
           of_token(x.from));
}

// -- dispatches ---------------------------------------------------------------

void log_teller::operator()(const fact::dispatch_accepted& x) const {
  if (!x.log || !spdlog::should_log(level_enum::info))
    return;
  const auto& task = x.task;
  log_line(level_enum::info,
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
  if (!x.log || !spdlog::should_log(level_enum::info))
    return;
  const auto& task = x.task;
  log_line(level_enum::info,
           {.agent = task.agent.str(),
            .message_id = task.message.str(),
            .session = task.session->str(),
            .outcome = "refused",
            .reason = token(x.why.code),
            .peer = x.from.ip,
            .trace_id = trace_id_of(x.traceparent)},
           "dispatch {}{} was refused: {}{}{}", task.message.str(),
           to_agent(task), headline(x.why), of_token(x.from), and_more(*x.log));
}

void log_teller::operator()(const fact::dispatch_ended& x) const {
  if (!x.log || !spdlog::should_log(level_enum::info))
    return;
  const auto& task = x.task;
  net::log_fields fields{.agent = task.agent.str(),
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
    return log_line(level_enum::info, fields,
                    "dispatch {}{} was completed after {:.3f} s{}",
                    task.message.str(), to_agent(task), seconds,
                    and_more(*x.log));
  fields.reason = token(x.why->code);
  log_line(level_enum::info, fields,
           "dispatch {}{} ended without a result after {:.3f} s: {}{}",
           task.message.str(), to_agent(task), seconds,
           cut_utf8(headline(*x.why), max_logged_error), and_more(*x.log));
}

void log_teller::operator()(const fact::rate_limit_reached& x) const {
  auto of_agent = x.refusal.agent_is_full;
  const auto& rates = x.refusal.rates;
  if (x.log)
    log_line(level_enum::info,
             {.agent = x.agent.agent.str(),
              .message_id = x.task.message.str(),
              .reason = token(x.refusal.why.code),
              .peer = x.from.ip},
             "a dispatch was refused: {} allows {} in 60 s{}",
             of_agent ? "limits.agent_per_minute" : "limits.ip_per_minute",
             of_agent ? rates.agent.limit : rates.ip.limit, and_more(*x.log));
}

void log_teller::operator()(const fact::cost_limit_reached& x) const {
  const auto& why = x.refusal.why;
  if (x.refusal.log_after)
    log_line(level_enum::warn,
             {.agent = x.agent.agent.str(),
              .message_id = x.task.message.str(),
              .reason = token(why.code),
              .peer = x.from.ip},
             "a dispatch to agent {} was refused: {} {}{}", x.agent.agent.str(),
             headline(why), hint(why), and_more(*x.refusal.log_after));
}

void log_teller::operator()(const fact::dispatch_retried& x) const {
  log_line(level_enum::info,
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
  log_line(level_enum::info, {.agent = id, .peer = x.from.ip},
           "agent {} came back: {} dispatches go on, {} were no longer wanted",
           id, x.adopted, x.cancelled);
}

void log_teller::operator()(const fact::late_result_kept& x) const {
  log_line(level_enum::info,
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
  log_line(level_enum::info, {.peer = x.from.ip},
           "session spending was reset to 0 by {} from {}; it was {}",
           x.from.token, x.from.ip, to_string(x.before));
}

// -- control clients ----------------------------------------------------------

void log_teller::operator()(const fact::control_client_disconnected& x) const {
  // Only abnormal ends are worth a warning.
  auto is_normal = x.why == errc::peer_closed || x.why == errc::draining;
  log_line(is_normal ? level_enum::debug : level_enum::warn,
           {.reason = token(x.why), .peer = x.from.ip},
           "a control client's connection ended: {}",
           detail_or_sentence(x.detail, x.why));
}

void log_teller::operator()(const fact::stream_reader_dropped& x) const {
  if (x.log)
    log_line(level_enum::warn, {.reason = token(x.why), .peer = x.from.ip},
             "a reader of the event stream {} (token {}) was dropped: {}; {}{}",
             x.stream, x.from.token, sentence(x.why), x.detail,
             and_more(*x.log));
}

} // namespace bridgekeeper::actors
