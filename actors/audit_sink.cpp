#include "actors/audit_sink.hpp"

#include "domain/utf8.hpp"
#include "protocol/json_writer.hpp"

#include <caf/send.hpp>

#include <utility>

namespace bridgekeeper::actors {

namespace {

using protocol::json_writer;
using store::audit_entry;

/// The path on which bridges register.
constexpr std::string_view bridge_path = "/ws/agent-bridge";

/// Length of a content preview, in code points (contract section 5).
constexpr std::size_t preview_length = 100;

std::string_view to_word(audit_gate x) noexcept {
  switch (x) {
  case audit_gate::http:
    return "http";
  case audit_gate::control_socket:
    return "control_socket";
  case audit_gate::bridge:
    return "bridge";
  case audit_gate::console:
    break;
  }
  return "console";
}

audit_entry begin(const char* event, bool success, const origin& who) {
  audit_entry out;
  out.when = wall_clock_now();
  out.event = event;
  out.success = success;
  out.ip = who.ip;
  out.token = who.token;
  return out;
}

audit_entry about(const char* event, bool success, const origin& who,
                  const announcement& agent) {
  auto out = begin(event, success, who);
  out.agent = agent.agent.str();
  out.session = agent.session->str();
  return out;
}

audit_entry about(const char* event, const dispatch_order& order) {
  auto out = begin(event, true, order.from);
  out.agent = order.task.agent.str();
  out.session = order.task.session->str();
  return out;
}

void add(audit_entry& to, json_writer& metadata) {
  to.metadata = json_object{metadata.finish()};
}

std::int64_t to_integer(std::uint64_t x) noexcept {
  return static_cast<std::int64_t>(x);
}

double to_seconds(std::chrono::milliseconds x) noexcept {
  return std::chrono::duration<double>{x}.count();
}

void describe(json_writer& out, const audited_request& what) {
  if (!what.path.empty())
    out.string("path", what.path);
  if (!what.method.empty())
    out.string("method", what.method);
}

void describe(json_writer& out, const dispatch_order& order) {
  out.string("message_id", order.task.message.str());
  out.string("content_preview",
             first_code_points(order.task.content, preview_length));
}

} // namespace

void audit_backlog::lead_to(audit_trail_actor trail) {
  std::lock_guard guard{mutex_};
  lost.fetch_add(waiting.exchange(0));
  is_failing = false;
  trail_ = std::move(trail);
}

void audit_backlog::hand_in(audit_entry_ptr x) {
  // The lock covers counting and sending, so that an entry is counted for the
  // trail that it is sent to.
  std::lock_guard guard{mutex_};
  if (!trail_) {
    lost.fetch_add(1);
    return;
  }
  if (waiting.fetch_add(1) >= limit) {
    waiting.fetch_sub(1);
    dropped.fetch_add(1);
    return;
  }
  caf::anon_send(trail_, note_atom_v, std::move(x));
}

audit_trail_actor audit_backlog::trail() const {
  std::lock_guard guard{mutex_};
  return trail_;
}

void audit_sink::hand_in(audit_entry x) const {
  backlog_->hand_in(std::make_shared<const audit_entry>(std::move(x)));
}

void audit_sink::hand_in(
    const std::vector<net::failure_quota::summary>& list) const {
  for (const auto& x : list) {
    auto entry = begin("auth_failure", false, {x.address, {}});
    json_writer metadata;
    if (!x.gate.empty())
      metadata.string("gate", x.gate).string("reason", x.reason);
    metadata.number("suppressed", to_integer(x.suppressed));
    add(entry, metadata);
    hand_in(std::move(entry));
  }
}

// -- authentication and connections -------------------------------------------

void audit_sink::auth_success(audit_gate where, const origin& who,
                              audited_request what) const {
  if (!wants(true))
    return;
  auto entry = begin("auth_success", true, who);
  json_writer metadata;
  describe(metadata, what);
  metadata.string("gate", to_word(where));
  add(entry, metadata);
  hand_in(std::move(entry));
}

void audit_sink::auth_success(const announcement& agent,
                              const origin& who) const {
  if (!wants(true))
    return;
  auto entry = about("auth_success", true, who, agent);
  json_writer metadata;
  describe(metadata, audited_request{{}, bridge_path});
  metadata.string("gate", to_word(audit_gate::bridge));
  add(entry, metadata);
  hand_in(std::move(entry));
}

void audit_sink::auth_failure(audit_gate where, errc why, const origin& who,
                              time_point now, const agent_id& claimed,
                              audited_request what) const {
  if (!wants(false))
    return;
  tell_suppressed(now);
  if (!backlog_->refusals.admit(who.ip, to_word(where), token(why), now))
    return;
  auto entry = begin("auth_failure", false, who);
  // An invalid id could be anything, including a misplaced secret.
  if (is_valid_agent_id(claimed.str()))
    entry.agent = claimed.str();
  json_writer metadata;
  describe(metadata, where == audit_gate::bridge
                         ? audited_request{{}, bridge_path}
                         : what);
  metadata.string("gate", to_word(where));
  metadata.string("reason", token(why));
  add(entry, metadata);
  hand_in(std::move(entry));
}

bool audit_sink::admits_refusal(const std::string& ip, std::string_view gate,
                                std::string_view reason, time_point now) const {
  if (!wants(false))
    return false;
  tell_suppressed(now);
  return backlog_->refusals.admit(ip, gate, reason, now);
}

void audit_sink::tell_suppressed(time_point now) const {
  if (backlog_)
    hand_in(backlog_->refusals.collect(now));
}

void audit_sink::tell_all_suppressed() const {
  if (backlog_)
    hand_in(backlog_->refusals.collect_all());
}

void audit_sink::agent_connected(const announcement& agent, incarnation number,
                                 const origin& who) const {
  if (!wants(true))
    return;
  auto entry = about("agent_connected", true, who, agent);
  json_writer metadata;
  metadata.nullable("workdir", agent.workdir);
  metadata.number("incarnation", to_integer(to_number(number)));
  add(entry, metadata);
  hand_in(std::move(entry));
}

void audit_sink::agent_disconnected(const announcement& agent,
                                    incarnation number, errc why,
                                    std::string_view detail, const origin& who,
                                    std::uint64_t refused) const {
  if (!wants(true))
    return;
  auto entry = about("agent_disconnected", true, who, agent);
  json_writer metadata;
  metadata.string("reason", token(why));
  if (!detail.empty())
    metadata.string("detail", detail);
  metadata.number("incarnation", to_integer(to_number(number)));
  if (refused > 0)
    metadata.number("refused_results", to_integer(refused));
  add(entry, metadata);
  hand_in(std::move(entry));
}

void audit_sink::agent_timeout(const announcement& agent, const origin& who,
                               std::chrono::milliseconds silent,
                               std::chrono::milliseconds allowed) const {
  if (!wants(false))
    return;
  auto entry = about("agent_timeout", false, who, agent);
  json_writer metadata;
  metadata.string("reason", token(errc::heartbeat_timeout));
  metadata.number("silent_s", to_seconds(silent));
  metadata.number("timeout_s", to_seconds(allowed));
  add(entry, metadata);
  hand_in(std::move(entry));
}

void audit_sink::agent_conflict(const announcement& standing,
                                const announcement& newcomer,
                                bool newcomer_stands) const {
  if (!wants(false))
    return;
  auto entry = about("agent_conflict", false, {newcomer.ip, {}}, standing);
  json_writer metadata;
  metadata.string("standing_ip", standing.ip);
  metadata.string("newcomer_ip", newcomer.ip);
  metadata.string("kept", newcomer_stands ? "newcomer" : "standing");
  add(entry, metadata);
  hand_in(std::move(entry));
}

void audit_sink::agent_forgotten(const agent_id& agent,
                                 const origin& who) const {
  if (!wants(true))
    return;
  auto entry = begin("agent_forgotten", true, who);
  entry.agent = agent.str();
  hand_in(std::move(entry));
}

// -- dispatches and results ---------------------------------------------------

void audit_sink::task_dispatched(const dispatch_order& order) const {
  if (!wants(true))
    return;
  auto entry = about("task_dispatched", order);
  json_writer metadata;
  describe(metadata, order);
  add(entry, metadata);
  hand_in(std::move(entry));
}

void audit_sink::task_followup(const dispatch_order& order,
                               const message_id& last) const {
  if (!wants(true))
    return;
  auto entry = about("task_followup", order);
  json_writer metadata;
  describe(metadata, order);
  metadata.string("followup_to", last.str());
  add(entry, metadata);
  hand_in(std::move(entry));
}

void audit_sink::result_refused(const announcement& agent, errc why,
                                const origin& who, const agent_id& claimed,
                                const message_id& message) const {
  if (!wants(false))
    return;
  auto entry = about("result_refused", false, who, agent);
  json_writer metadata;
  metadata.string("reason", token(why));
  if (claimed != agent.agent)
    metadata.string("claimed_agent_id", claimed.str());
  if (!message.empty())
    metadata.string("message_id", message.str());
  add(entry, metadata);
  hand_in(std::move(entry));
}

// -- costs and limits ---------------------------------------------------------

void audit_sink::task_cost_recorded(const agent_id& agent,
                                    const session_id& session,
                                    const message_id& message, double cost,
                                    double session_total,
                                    double daily_total) const {
  if (!wants(true))
    return;
  auto entry = begin("task_cost_recorded", true, {});
  entry.agent = agent.str();
  entry.session = session.str();
  json_writer metadata;
  metadata.string("message_id", message.str());
  metadata.number("cost_added", cost);
  metadata.number("session_total", session_total);
  metadata.number("daily_total", daily_total);
  add(entry, metadata);
  hand_in(std::move(entry));
}

void audit_sink::task_cost_implausible(const agent_id& agent,
                                       const session_id& session,
                                       const message_id& message,
                                       double reported, double cost) const {
  if (!wants(false))
    return;
  auto entry = begin("task_cost_implausible", false, {});
  entry.agent = agent.str();
  entry.session = session.str();
  json_writer metadata;
  metadata.string("message_id", message.str());
  metadata.number("reported_usd", reported);
  metadata.number("cost_usd", cost);
  add(entry, metadata);
  hand_in(std::move(entry));
}

void audit_sink::session_costs_reset(const session_id& session,
                                     const origin& who,
                                     double session_total) const {
  if (!wants(true))
    return;
  auto entry = begin("session_costs_reset", true, who);
  entry.session = session.str();
  json_writer metadata;
  metadata.number("session_total_usd", session_total);
  add(entry, metadata);
  hand_in(std::move(entry));
}

void audit_sink::cost_limit_exceeded(const agent_id& agent,
                                     const session_id& session,
                                     const origin& who,
                                     const cost_view& costs) const {
  if (!wants(false))
    return;
  auto entry = begin("cost_limit_exceeded", false, who);
  entry.agent = agent.str();
  entry.session = session.str();
  json_writer metadata;
  metadata.number("session_cost_usd", costs.session.spent.to_usd());
  metadata.number("session_limit_usd", costs.session.limit.to_usd());
  metadata.number("daily_cost_usd", costs.daily.spent.to_usd());
  metadata.number("daily_limit_usd", costs.daily.limit.to_usd());
  add(entry, metadata);
  hand_in(std::move(entry));
}

void audit_sink::rate_limit_exceeded(const agent_id& agent, const origin& who,
                                     std::string_view window,
                                     const dispatch_rates& rates) const {
  if (!wants(false))
    return;
  auto entry = begin("rate_limit_exceeded", false, who);
  entry.agent = agent.str();
  json_writer metadata;
  metadata.number("agent_limit", rates.agent.limit);
  metadata.number("ip_limit", rates.ip.limit);
  metadata.string("window", window);
  add(entry, metadata);
  hand_in(std::move(entry));
}

} // namespace bridgekeeper::actors
