#include "actors/log_teller.hpp"

#include "actors/teller_text.hpp"
#include "domain/complaint_throttle.hpp"
#include "log/log_line.hpp"

#include <string>
#include <string_view>
#include <vector>

// Log lines about tokens, agents and control clients, and how many of them
// peers can cause.

namespace bridgekeeper::actors {

bool may_log(failure_quota& quota, const std::string& ip,
             std::string_view topic, std::string_view reason, time_point now) {
  log_left_out(quota.collect(now));
  return quota.admit(ip, topic, reason, now);
}

void log_left_out(const std::vector<failure_quota::summary>& list) {
  for (const auto& x : list) {
    if (x.gate.empty())
      log::warn("{} more log lines about rejections from other addresses "
                "were suppressed",
                x.suppressed);
    else
      log::warn("{} more log lines about rejections from {} were suppressed; "
                "the last one: {}, {}",
                x.suppressed, x.address.empty() ? "operators" : x.address,
                x.gate, x.reason);
  }
}

// -- tokens -------------------------------------------------------------------

void log_teller::operator()(const fact::token_accepted& x) const {
  // There are too many requests to log, and a registered agent has its own
  // line.
  if (x.where == fact::gate::console)
    log::line(log::level::info, {},
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
  log::fields fields{.reason = token(x.why), .peer = x.from.ip};
  if (!is_operator)
    log::line(log::level::warn, fields, "{} {} rejected: {}{}", x.what.method,
              x.what.path, detail_or_sentence(x.detail, x.why),
              of_token(x.from));
  else if (x.why == errc::missing_scope)
    log::line(log::level::warn, fields,
              "an operator's console was rejected: the token {} lacks the "
              "scope admin",
              x.from.token);
  else
    log::line(log::level::warn, fields,
              "an operator's console was rejected: {}", sentence(x.why));
}

// -- agents -------------------------------------------------------------------

void log_teller::operator()(const fact::bridge_rejected& x) const {
  if (may_log(quota_, x.from.ip, "bridge", token(x.why), x.at))
    log::line(log::level::warn, {.reason = token(x.why), .peer = x.from.ip},
              "a bridge was rejected: {}", sentence(x.why));
}

void log_teller::operator()(const fact::registration_refused& x) const {
  if (may_log(quota_, x.from.ip, "bridge", token(x.why), x.at))
    log::line(
        log::level::warn,
        {.agent = x.claimed.str(), .reason = token(x.why), .peer = x.from.ip},
        "a bridge was rejected: {}{}", x.detail, of_token(x.from));
}

void log_teller::operator()(const fact::agent_connected& x) const {
  const auto& id = x.agent.agent.str();
  log::line(log::level::info, {.agent = id, .peer = x.from.ip},
            "agent {} connected (incarnation {})", id, to_number(x.number));
}

void log_teller::operator()(const fact::agent_disconnected& x) const {
  const auto& id = x.agent.agent.str();
  log::line(log::level::info,
            {.agent = id, .reason = token(x.why), .peer = x.from.ip},
            "agent {} disconnected (incarnation {}): {}", id,
            to_number(x.number), detail_or_sentence(x.detail, x.why));
}

void log_teller::operator()(const fact::agent_timed_out& x) const {
  const auto& id = x.agent.agent.str();
  log::line(log::level::warn,
            {.agent = id,
             .reason = token(errc::heartbeat_timeout),
             .peer = x.from.ip},
            "agent {} was evicted: it was silent for {} ms ({} ms allowed)", id,
            x.silent.count(), x.allowed.count());
}

void log_teller::operator()(const fact::agent_token_revoked& x) const {
  const auto& id = x.agent.agent.str();
  log::line(
      log::level::warn,
      {.agent = id, .reason = token(errc::token_revoked), .peer = x.from.ip},
      "agent {} is disconnected: its token {} is no longer valid", id, x.label);
}

void log_teller::operator()(const fact::agent_replaced& x) const {
  const auto& id = x.newer.agent.str();
  log::line(
      log::level::info,
      {.agent = id, .reason = token(errc::replaced), .peer = x.newer.ip},
      "agent {} registered again from {}; its older connection from {} is "
      "closed",
      id, x.newer.ip, x.older.ip);
}

void log_teller::operator()(const fact::agent_conflict& x) const {
  const auto& id = x.standing.agent.str();
  auto why = x.newcomer_stands ? errc::replaced : errc::agent_id_in_use;
  log::line(
      log::level::warn,
      {.agent = id, .reason = token(why), .peer = x.newcomer.ip},
      "two bridges use the agent id {}, one at {} and one at {}: {}", id,
      x.standing.ip, x.newcomer.ip,
      x.newcomer_stands
          ? "the first one did not respond, so the second one replaced it"
          : "the first one is alive, so the second one was rejected; give "
            "each bridge its own id");
}

void log_teller::operator()(const fact::agent_died& x) const {
  log::line(log::level::error,
            {.agent = x.agent.str(), .reason = token(errc::internal)},
            "agent {} died: {}", x.agent.str(), x.how);
}

void log_teller::operator()(const fact::agent_duty_changed& x) const {
  auto what = done_by_operator(x.duty);
  auto where = at_console(x.where);
  if (x.agent.empty())
    return log::line(log::level::info, {.peer = x.from.ip},
                     "all agents are {} by the operator{}{}; changed: {}", what,
                     where, of_token(x.from), x.count);
  log::line(log::level::info, {.agent = x.agent.str(), .peer = x.from.ip},
            "agent {} is {} by the operator{}{}", x.agent.str(), what, where,
            of_token(x.from));
}

void log_teller::operator()(const fact::dispatch_erased& x) const {
  log::line(log::level::info,
            {.agent = x.agent.str(),
             .message_id = x.message.str(),
             .peer = x.from.ip},
            "dispatch {} was erased{}", x.message.str(), of_token(x.from));
}

void log_teller::operator()(const fact::agent_erased& x) const {
  log::line(log::level::info, {.agent = x.agent.str(), .peer = x.from.ip},
            "agent {} was erased, with its dispatches and events{}",
            x.agent.str(), of_token(x.from));
}

// -- control clients ----------------------------------------------------------

void log_teller::operator()(const fact::control_client_disconnected& x) const {
  // Only abnormal ends are worth a warning.
  auto is_normal = x.why == errc::peer_closed || x.why == errc::draining;
  log::line(is_normal ? log::level::debug : log::level::warn,
            {.reason = token(x.why), .peer = x.from.ip},
            "a control client's connection ended: {}",
            detail_or_sentence(x.detail, x.why));
}

void log_teller::operator()(const fact::stream_reader_dropped& x) const {
  if (x.log)
    log::line(
        log::level::warn, {.reason = token(x.why), .peer = x.from.ip},
        "a reader of the event stream {} (token {}) was dropped: {}; {}{}",
        x.stream, x.from.token, sentence(x.why), x.detail, and_more(*x.log));
}

} // namespace bridgekeeper::actors
