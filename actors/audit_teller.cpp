#include "actors/audit_teller.hpp"

#include "domain/utf8.hpp"
#include "protocol/json_writer.hpp"

#include <chrono>
#include <cstdint>
#include <utility>

namespace bridgekeeper::actors {

namespace {

using protocol::json_writer;

/// The path on which bridges register.
constexpr std::string_view bridge_path = "/ws/agent-bridge";

/// Length of a content preview, in code points ("The audit log" in
/// docs/protocol.md).
constexpr std::size_t preview_length = 100;

/// Number of refused messages per connection that are audited individually, so
/// that no bridge can push evidence out of the log. The entry for the
/// disconnection contains their total number.
constexpr std::uint64_t max_audited_refusals = 100;

constexpr bool succeeded = true;
constexpr bool failed = false;

/// The columns of an entry before its metadata; empty ones are omitted.
struct columns {
  const char* event;
  bool success;
  std::string_view ip = {};
  std::string_view token = {};
  std::string_view agent = {};
  std::string_view session = {};
};

columns about(const char* event, bool success, const origin& from,
              std::string_view agent = {}, std::string_view session = {}) {
  return {event, success, from.ip, from.token, agent, session};
}

columns about(const char* event, bool success, const origin& from,
              const announcement& agent) {
  return about(event, success, from, agent.agent.str(), agent.session->str());
}

columns about(const char* event, bool success, const announcement& agent,
              const shared_session& session) {
  return {event, success, {}, {}, agent.agent.str(), session->str()};
}

store::audit_entry start(const columns& x) {
  store::audit_entry out;
  out.when = wall_clock_now();
  out.event = x.event;
  out.success = x.success;
  out.ip = x.ip;
  out.token = x.token;
  out.agent = x.agent;
  out.session = x.session;
  return out;
}

/// `describe(json_writer&)` writes the metadata.
template <class Describe>
void write(const audit_sink& sink, const columns& x, Describe describe) {
  if (!sink.wants(x.success))
    return;
  auto entry = start(x);
  json_writer metadata;
  describe(metadata);
  entry.metadata = json_object{metadata.finish()};
  sink.hand_in(std::move(entry));
}

void write(const audit_sink& sink, const columns& x) {
  if (sink.wants(x.success))
    sink.hand_in(start(x));
}

std::string_view to_word(fact::gate x) noexcept {
  switch (x) {
  case fact::gate::http:
    return "http";
  case fact::gate::control_socket:
    return "control_socket";
  case fact::gate::bridge:
    return "bridge";
  case fact::gate::console:
    break;
  }
  return "console";
}

void describe(json_writer& out, fact::gate where,
              const fact::request_line& what) {
  auto path = where == fact::gate::bridge ? bridge_path : what.path;
  if (!path.empty())
    out.string("path", path);
  if (!what.method.empty())
    out.string("method", what.method);
  out.string("gate", to_word(where));
}

std::int64_t to_integer(std::uint64_t x) noexcept {
  return static_cast<std::int64_t>(x);
}

double to_seconds(std::chrono::milliseconds x) noexcept {
  return std::chrono::duration<double>{x}.count();
}

} // namespace

// -- tokens -------------------------------------------------------------------

void audit_teller::operator()(const fact::token_accepted& x) const {
  auto entry = x.agent != nullptr
                   ? about("auth_success", succeeded, x.from, *x.agent)
                   : about("auth_success", succeeded, x.from);
  write(sink_, entry,
        [&](json_writer& out) { describe(out, x.where, x.what); });
}

void audit_teller::operator()(const fact::token_refused& x) const {
  // Each address gets a few entries a minute; the rest are counted.
  if (!sink_.admits_refusal(x.from.ip, to_word(x.where), token(x.why), x.at))
    return;
  // An invalid id could be anything, including a misplaced secret.
  auto claimed = is_valid_agent_id(x.claimed) ? x.claimed : std::string_view{};
  write(sink_, about("auth_failure", failed, x.from, claimed),
        [&](json_writer& out) {
          // Too many attempts concern the address, not this request.
          describe(out, x.where,
                   x.why == errc::too_many_attempts ? fact::request_line{}
                                                    : x.what);
          out.string("reason", token(x.why));
        });
}

// -- agents -------------------------------------------------------------------

void audit_teller::operator()(const fact::agent_connected& x) const {
  write(sink_, about("agent_connected", succeeded, x.from, x.agent),
        [&](json_writer& out) {
          out.nullable("workdir", x.agent.workdir)
              .number("incarnation", to_integer(to_number(x.number)));
        });
}

void audit_teller::operator()(const fact::agent_disconnected& x) const {
  write(sink_, about("agent_disconnected", succeeded, x.from, x.agent),
        [&](json_writer& out) {
          out.string("reason", token(x.why));
          if (!x.detail.empty())
            out.string("detail", x.detail);
          out.number("incarnation", to_integer(to_number(x.number)));
          if (x.refused_results > 0)
            out.number("refused_results", to_integer(x.refused_results));
        });
}

void audit_teller::operator()(const fact::agent_timed_out& x) const {
  write(sink_, about("agent_timeout", failed, x.from, x.agent),
        [&](json_writer& out) {
          out.string("reason", token(errc::heartbeat_timeout))
              .number("silent_s", to_seconds(x.silent))
              .number("timeout_s", to_seconds(x.allowed));
        });
}

void audit_teller::operator()(const fact::agent_conflict& x) const {
  auto entry = about("agent_conflict", failed, x.standing, x.standing.session);
  entry.ip = x.newcomer.ip;
  write(sink_, entry, [&](json_writer& out) {
    out.string("standing_ip", x.standing.ip)
        .string("newcomer_ip", x.newcomer.ip)
        .string("kept", x.newcomer_stands ? "newcomer" : "standing");
  });
}

void audit_teller::operator()(const fact::agent_forgotten& x) const {
  write(sink_, about("agent_forgotten", succeeded, x.from, x.agent.str()));
}

void audit_teller::operator()(const fact::dispatch_erased& x) const {
  write(sink_, about("dispatch_erased", succeeded, x.from, x.agent.str()),
        [&](json_writer& out) { out.string("message_id", x.message.str()); });
}

void audit_teller::operator()(const fact::agent_erased& x) const {
  write(sink_, about("agent_erased", succeeded, x.from, x.agent.str()));
}

void audit_teller::operator()(const fact::agent_duty_changed& x) const {
  write(sink_, about("agent_duty_changed", succeeded, x.from, x.agent.str()),
        [&](json_writer& out) {
          out.string("duty", to_string(x.duty))
              .number("agents", static_cast<std::int64_t>(x.count))
              .string("gate", to_word(x.where));
        });
}

// -- dispatches ---------------------------------------------------------------

void audit_teller::operator()(const fact::dispatch_started& x) const {
  write(sink_,
        about(x.followup_to ? "task_followup" : "task_dispatched", succeeded,
              x.from, x.task.agent.str(), x.task.session->str()),
        [&](json_writer& out) {
          out.string("message_id", x.task.message.str())
              .string("content_preview",
                      first_code_points(x.task.content, preview_length));
          if (x.followup_to)
            out.string("followup_to", x.followup_to->str());
        });
}

void audit_teller::operator()(const fact::rate_limit_reached& x) const {
  const auto& rates = x.refusal.rates;
  write(sink_,
        about("rate_limit_exceeded", failed, x.from, x.agent.agent.str()),
        [&](json_writer& out) {
          out.number("agent_limit", rates.agent.limit)
              .number("ip_limit", rates.ip.limit)
              .string("window", x.refusal.agent_is_full ? "agent" : "ip");
        });
}

void audit_teller::operator()(const fact::cost_limit_reached& x) const {
  const auto& costs = x.refusal.costs;
  write(sink_,
        about("cost_limit_exceeded", failed, x.from, x.agent.agent.str(),
              x.task.session->str()),
        [&](json_writer& out) {
          out.number("session_cost_usd", costs.session.spent.to_usd())
              .number("session_limit_usd", costs.session.limit.to_usd())
              .number("daily_cost_usd", costs.daily.spent.to_usd())
              .number("daily_limit_usd", costs.daily.limit.to_usd());
        });
}

void audit_teller::operator()(const fact::result_refused& x) const {
  if (x.nth > max_audited_refusals)
    return;
  write(sink_, about("result_refused", failed, x.from, x.agent),
        [&](json_writer& out) {
          out.string("reason", token(x.why));
          if (x.claimed != x.agent.agent)
            out.string("claimed_agent_id", x.claimed.str());
          if (!x.message.empty())
            out.string("message_id", x.message.str());
        });
}

// -- costs --------------------------------------------------------------------

void audit_teller::operator()(const fact::cost_recorded& x) const {
  if (x.cost.cost <= micro_usd{})
    return;
  write(sink_, about("task_cost_recorded", succeeded, x.agent, x.session),
        [&](json_writer& out) {
          out.string("message_id", x.message.str())
              .number("cost_added", x.cost.cost.to_usd())
              .number("session_total", x.cost.session_total.to_usd())
              .number("daily_total", x.cost.daily_total.to_usd());
        });
}

void audit_teller::operator()(const fact::cost_implausible& x) const {
  write(sink_, about("task_cost_implausible", failed, x.agent, x.session),
        [&](json_writer& out) {
          out.string("message_id", x.message.str())
              .number("reported_usd", x.reported)
              .number("cost_usd", x.cost.to_usd());
        });
}

void audit_teller::operator()(const fact::costs_reset& x) const {
  write(sink_,
        about("session_costs_reset", succeeded, x.from, {}, x.session.str()),
        [&](json_writer& out) {
          out.number("session_total_usd", x.before.to_usd());
        });
}

} // namespace bridgekeeper::actors
