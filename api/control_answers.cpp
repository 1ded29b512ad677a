#include "api/control_answers.hpp"

#include "api/routes.hpp"
#include "domain/bridge_protocol.hpp"
#include "domain/event.hpp"
#include "domain/version.hpp"
#include "net/http_text.hpp"
#include "protocol/announcement_json.hpp"
#include "protocol/error_json.hpp"
#include "protocol/json_list.hpp"
#include "protocol/json_writer.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace bridgekeeper::api {

using protocol::json_writer;

namespace {

std::optional<std::string> last_heartbeat(const agent_view& x) {
  if (!x.announced)
    return std::nullopt;
  auto since_epoch = std::chrono::microseconds{
      x.announced->vitals->last_heartbeat_us.load(std::memory_order_relaxed)};
  return to_iso8601(timestamp{since_epoch});
}

std::string capabilities(const agent_view& x) {
  return x.announced ? protocol::list_of(x.announced->capabilities) : "[]";
}

const std::string& metadata(const agent_view& x) {
  static const json_object none;
  return x.announced ? x.announced->metadata.str() : none.str();
}

/// `limit: `, of the location `["query","limit"]`; empty if it names nothing.
std::string name_in(std::string_view location) {
  auto end = location.rfind('"');
  if (end == location.npos || end == 0)
    return {};
  auto begin = location.rfind('"', end - 1);
  if (begin == location.npos || location.find(',') == location.npos)
    return {};
  return std::string{location.substr(begin + 1, end - begin - 1)} + ": ";
}

std::optional<std::string> workdir(const agent_view& x) {
  return x.announced ? x.announced->workdir : std::nullopt;
}

std::int64_t slots(const agent_view& x) {
  return x.announced ? static_cast<std::int64_t>(x.announced->slots) : 1;
}

std::string labels(const agent_view& x) {
  return x.announced ? protocol::encode_labels(x.announced->labels) : "{}";
}

std::optional<std::string> connected_at(const agent_view& x) {
  if (!x.connected)
    return std::nullopt;
  return to_iso8601(x.announced->connected_at);
}

void describe_task(json_writer& out, const agent_id& agent,
                   const task_view& task) {
  out.string("agent_id", agent.str());
  if (!task.record)
    out.string("status", "idle").null("message_id").null("error");
  else
    out.string("status", to_string(task.record->status))
        .string("message_id", task.record->message.str())
        .nullable("error", task.record->why
                               ? std::optional{to_string(*task.record->why)}
                               : std::nullopt);
}

} // namespace

std::string to_json(const agent_view& x) {
  return json_writer{}
      .string("agent_id", x.agent.str())
      .string("name", x.name)
      .string("endpoint_url", x.endpoint_url)
      .string("status", x.connected ? "connected" : "disconnected")
      .raw("capabilities", capabilities(x))
      .nullable("workdir", workdir(x))
      .raw("metadata", metadata(x))
      .nullable("connected_at", connected_at(x))
      .nullable("last_heartbeat", last_heartbeat(x))
      .number("slots", slots(x))
      .raw("labels", labels(x))
      .flag("cordoned", x.is_cordoned)
      .finish();
}

std::string bridge_status_json(const agent_view& x) {
  return json_writer{}
      .string("agent_id", x.agent.str())
      .raw("capabilities", capabilities(x))
      .nullable("workdir", workdir(x))
      .raw("metadata", metadata(x))
      .string("session_id", x.announced->session->str())
      .nullable("connected_at", connected_at(x))
      .nullable("last_heartbeat", last_heartbeat(x))
      .finish();
}

std::string to_json(const std::vector<agent_view>& x) {
  protocol::json_list out;
  for (const auto& agent : x)
    out.raw(to_json(agent));
  return out.finish();
}

net::http_response json_answer(std::string body) {
  net::http_response out;
  out.body = std::move(body);
  return out;
}

net::http_response
error_answer(const failure& why,
             std::optional<std::chrono::seconds> retry_after) {
  return net::refusal(why, retry_after);
}

net::http_response websocket_only_answer() {
  return error_answer(
      {errc::bad_upgrade,
       "This route accepts only WebSocket upgrades. If the client sent one, a "
       "proxy on the way dropped it: configure the proxy to use HTTP/1.1 and "
       "to pass on the headers Upgrade and Connection."});
}

net::http_response moved_answer(std::string location) {
  net::http_response out;
  out.status = 307;
  out.content_type = {};
  out.headers.emplace_back("location", std::move(location));
  return out;
}

net::http_response server_answer() {
  net::http_response out;
  out.content_type = {};
  out.headers.emplace_back("allow", all_methods());
  return out;
}

net::http_response violations_answer(std::span<const protocol::violation> list,
                                     errc why) {
  json_writer body;
  body.raw("detail", to_json(list));
  auto out = json_answer(protocol::add_error_members(body, why).finish());
  out.status = 422;
  if (!list.empty())
    out.why = cause{why, name_in(list.front().location) + list.front().message};
  else
    out.why = cause{why, {}};
  return out;
}

net::http_response health_answer() {
  return json_answer(R"({"status":"ok","service":"vibeforge-api"})");
}

net::http_response version_answer() {
  protocol::json_list protocols;
  for (auto x : all_bridge_protocols)
    protocols.string(to_string(x));
  return json_answer(json_writer{}
                         .string("name", "bridgekeeper")
                         .string("version", version())
                         .string("api", api_version)
                         .raw("protocol", protocols.finish())
                         .finish());
}

namespace {

/// The members of `GET /control/context`.
json_writer context_members(const session_id& session, const cost_view& costs) {
  auto remaining = [](json_writer& out, std::string_view name,
                      const cost_view::account& x) {
    if (x.remaining)
      out.number(name, x.remaining->to_usd());
    else
      out.null(name);
  };
  json_writer out;
  out.string("control_session_id", session.str())
      .number("session_cost_usd", costs.session.spent.to_usd())
      .number("session_limit_usd", costs.session.limit.to_usd());
  remaining(out, "session_remaining_usd", costs.session);
  out.number("daily_cost_usd", costs.daily.spent.to_usd())
      .number("daily_limit_usd", costs.daily.limit.to_usd());
  remaining(out, "daily_remaining_usd", costs.daily);
  out.flag("session_warning", costs.session.warning)
      .flag("daily_warning", costs.daily.warning);
  return out;
}

} // namespace

net::http_response context_answer(const session_id& session,
                                  const cost_view& costs) {
  return json_answer(context_members(session, costs).finish());
}

std::string costs_json(const session_id& session, const cost_view& costs) {
  auto text = [](const std::optional<timestamp>& x) {
    return x ? std::optional{to_iso8601(*x)} : std::nullopt;
  };
  return context_members(session, costs)
      .string("session_since", to_iso8601(costs.session.since))
      .nullable("session_starts_again", text(costs.session.starts_again))
      .nullable("daily_starts_again", text(costs.daily.starts_again))
      .number("reserved_usd", costs.reserved.to_usd())
      .finish();
}

net::http_response well_answer() {
  return json_answer(R"({"status":"ok"})");
}

net::http_response metrics_answer(std::string text) {
  if (text.empty())
    return error_answer({errc::internal, {}});
  net::http_response out;
  out.body = std::move(text);
  out.content_type = "text/plain; version=0.0.4; charset=utf-8";
  return out;
}

net::http_response ready_answer(const std::vector<std::string>& warnings,
                                bool is_audit_lost) {
  json_writer out;
  out.string("status", "ok");
  // Whether the daemon may continue without an audit log is a setting.
  if (is_audit_lost)
    out.string("audit", "lost");
  if (!warnings.empty())
    out.raw("warnings", protocol::list_of(warnings));
  return json_answer(out.finish());
}

net::http_response unready_answer(errc why, std::string_view detail,
                                  std::string_view store) {
  constexpr auto delay = std::chrono::seconds{1};
  json_writer body;
  body.string("status", "unavailable").string("detail", detail);
  if (!store.empty())
    body.string("store", store);
  auto out =
      json_answer(protocol::add_error_members(body, why, delay).finish());
  out.status = 503;
  out.why = cause{errc::unavailable, std::string{detail}};
  net::ask_for_retry(out, delay);
  return out;
}

net::http_response forgotten_answer(const agent_id& agent) {
  return json_answer(json_writer{}
                         .string("agent_id", agent.str())
                         .string("status", "forgotten")
                         .finish());
}

net::http_response agent_answer(const agent_view& agent) {
  return json_answer(json_writer{}.raw("agent", to_json(agent)).finish());
}

net::http_response bridge_check_answer(const agent_id& id, bool is_connected) {
  return json_answer(json_writer{}
                         .string("agent_id", id.str())
                         .flag("connected", is_connected)
                         .string("protocol", to_string(bridge_protocol::v1_1))
                         .finish());
}

net::http_response duty_answer(agent_duty duty, std::uint64_t count) {
  return json_answer(json_writer{}
                         .string("status", duty == agent_duty::working
                                               ? "uncordoned"
                                               : to_string(duty))
                         .number("agents", static_cast<std::int64_t>(count))
                         .finish());
}

net::http_response task_answer(const agent_id& agent, const task_view& task) {
  json_writer out;
  describe_task(out, agent, task);
  return json_answer(out.finish());
}

std::string task_json(const agent_id& agent, const task_view& task) {
  json_writer out;
  describe_task(out, agent, task);
  out.nullable("dispatched_at",
               task.record
                   ? std::optional{to_iso8601(task.record->dispatched_at)}
                   : std::nullopt);
  return out.finish();
}

net::http_response dispatched_answer(const agent_id& agent,
                                     const message_id& message,
                                     bool is_followup) {
  json_writer out;
  agent.str().empty() ? out.null("agent_id")
                      : out.string("agent_id", agent.str());
  return json_answer(out.string("message_id", message.str())
                         .string("status", "dispatched")
                         .string("message", is_followup ? "Follow-up dispatched"
                                                        : "Task dispatched")
                         .finish());
}

net::http_response session_answer(const session_id& session) {
  return json_answer(json_writer{}
                         .string("session_id", session.str())
                         .string("phase", "QUESTIONNAIRE")
                         .finish());
}

void add_rates(net::http_response& out, const dispatch_rates& rates) {
  using names = std::array<std::string_view, 3>;
  auto add = [&out](const names& name, const rate_view& x) {
    out.headers.emplace_back(name[0], std::to_string(x.limit));
    out.headers.emplace_back(name[1], std::to_string(x.remaining));
    out.headers.emplace_back(name[2], std::to_string(x.reset.count()));
  };
  out.headers.reserve(6);
  add({"x-ratelimit-limit-agent", "x-ratelimit-remaining-agent",
       "x-ratelimit-reset-agent"},
      rates.agent);
  add({"x-ratelimit-limit-ip", "x-ratelimit-remaining-ip",
       "x-ratelimit-reset-ip"},
      rates.ip);
}

std::chrono::seconds time_to_wait(const dispatch_rates& rates) {
  std::chrono::seconds out{1};
  for (const auto& x : {rates.agent, rates.ip})
    if (x.remaining == 0)
      out = std::max(out, x.reset);
  return out;
}

} // namespace bridgekeeper::api
