#include "app/daemon/daemon_options.hpp"

#include "app/config/config_options.hpp"
#include "app/config/option_text.hpp"
#include "app/config/scoped_token_path.hpp"
#include "domain/timestamp.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <thread>
#include <utility>

namespace bridgekeeper::app {

namespace {

std::chrono::milliseconds to_ms(seconds x) {
  return std::chrono::ceil<std::chrono::milliseconds>(x);
}

net::proxy_trust make_proxy_trust(const config& x) {
  std::vector<net::ip_network> out;
  for (const auto& text : x.server.trusted_proxies)
    out.push_back(net::parse_network(text).value());
  return net::proxy_trust{std::move(out)};
}

constexpr std::size_t most_metrics_connections = 64;

net::transfer_pace make_pace(const config& x) {
  return {to_ms(x.server.peer_timeout), x.server.min_rate};
}

} // namespace

net::listener_options
make_listener_options(const config& x,
                      std::shared_ptr<net::output_ledger> output) {
  net::listener_options out;
  for (const auto& text : x.server.listen)
    out.endpoints.push_back(net::parse_endpoint_or_path(text).value());
  out.backlog = x.server.backlog;
  out.limits.total = x.server.max_connections;
  out.limits.per_ip = x.server.max_connections_per_ip;
  out.limits.unregistered = x.bridge.max_unregistered;
  out.limits.unregistered_per_ip = x.bridge.max_unregistered_per_ip;
  out.proxies = make_proxy_trust(x);
  out.tls_handshake_timeout = to_ms(x.tls.handshake_timeout);
  out.http.max_header_bytes = x.http.max_header_bytes;
  out.http.max_body_bytes = x.http.max_body_bytes;
  out.http.request_timeout = to_ms(x.http.request_timeout);
  out.http.idle_timeout = to_ms(x.http.idle_timeout);
  out.http.pace = make_pace(x);
  out.http.stream_buffer_bytes = x.events.sse_buffer_bytes;
  out.http.stall_timeout = to_ms(x.server.stall_timeout);
  out.http.output = std::move(output);
  return out;
}

net::listener_options make_metrics_listener_options(const config& x) {
  auto out = make_listener_options(x, nullptr);
  out.endpoints.clear();
  for (const auto& text : x.metrics.listen)
    out.endpoints.push_back(net::parse_endpoint_or_path(text).value());
  // Anyone may connect, so these connections must not use up those of
  // server.max_connections.
  out.limits.total = most_metrics_connections;
  out.limits.per_ip = 0;
  return out;
}

actors::agent_options make_agent_options(const config& x) {
  actors::agent_options out;
  out.known.max_bytes = x.agents.known_bytes;
  out.known.forget_after = to_ms(x.agents.forget_after);
  out.register_timeout = to_ms(x.bridge.register_timeout);
  out.max_pending = x.bridge.max_pending_per_agent;
  out.max_pending_bytes = x.bridge.max_pending_bytes_per_agent;
  out.slots = x.bridge.stock_slots;
  out.slot_hold = to_ms(x.bridge.stock_slot_hold);
  out.resume_grace = to_ms(x.bridge.resume_grace);
  out.liveness.timeout = to_ms(x.heartbeat.timeout);
  out.liveness.adaptive = x.heartbeat.adaptive;
  out.session.max_frame = x.bridge.max_frame_bytes;
  out.session.queue_bytes = x.bridge.write_queue_bytes;
  out.session.queue_frames = x.bridge.write_queue_frames;
  out.session.ping_interval = to_ms(x.bridge.ping_interval);
  out.session.pace = make_pace(x);
  // A stock bridge neither reads nor answers pings while it works, so the
  // session must not judge its liveness. The agent actor does.
  out.session.peer_may_pause = true;
  return out;
}

daemon_identity make_identity() {
  std::array<char, 24> text{};
  auto [end, error] =
      std::to_chars(text.data(), text.data() + text.size(),
                    wall_clock_now().time_since_epoch().count(), 16);
  return {session_id{make_uuid()}, std::string{text.data(), end}};
}

api::control_options make_control_options(const config& x,
                                          const daemon_identity& self) {
  api::control_options out;
  out.max_content = x.dispatch.max_content_chars;
  out.default_timeout = to_ms(x.dispatch.timeout);
  out.max_in_flight = x.control.max_in_flight;
  out.session.max_frame = x.http.max_body_bytes;
  out.session.queue_bytes = x.control.write_queue_bytes;
  out.session.queue_frames = x.control.write_queue_frames;
  out.session.ping_interval = to_ms(x.bridge.ping_interval);
  out.session.pace = make_pace(x);
  out.proxies = std::make_shared<net::proxy_trust>(make_proxy_trust(x));
  out.cors = api::cors_policy{x.http.cors_origins};
  out.query_tokens = x.auth.query_tokens;
  out.event_epoch = self.event_epoch;
  return out;
}

actors::supervisor_options make_supervisor_options(const config& x) {
  actors::supervisor_options out;
  out.monitor.tick = to_ms(x.heartbeat.tick);
  out.history.streams.per_stream = x.events.history_per_stream;
  out.history.streams.total_bytes = x.events.history_bytes;
  out.history.finished = x.events.finished_dispatches;
  return out;
}

store::audit_log_options make_audit_options(const config& x) {
  return {x.audit.path.value(), x.audit.max_bytes, x.audit.backup_count};
}

actors::audit_level make_audit_level(const config& x) {
  return x.audit.level == "warning" ? actors::audit_level::failures
                                    : actors::audit_level::everything;
}

admission_limits make_admission_limits(const config& x) {
  admission_limits out;
  out.agent_per_minute = x.limits.agent_per_minute;
  out.ip_per_minute = x.limits.ip_per_minute;
  out.cost.session = micro_usd::from_usd(x.cost.session_limit_usd);
  out.cost.daily = micro_usd::from_usd(x.cost.daily_limit_usd);
  out.cost.reservation = micro_usd::from_usd(x.cost.reservation_usd);
  out.cost.warning_threshold = x.cost.warning_threshold;
  out.cost.session_window = to_ms(x.cost.session_window);
  out.max_per_dispatch = micro_usd::from_usd(x.cost.max_per_dispatch_usd);
  out.per_1k_tokens = micro_usd::from_usd(x.cost.per_thousand_tokens_usd);
  return out;
}

answer_limits make_answer_limits(const config& x) {
  return {x.http.answer_bytes, x.http.answer_bytes_per_token};
}

store::writer_options make_store_options(const config& x, std::string path) {
  auto to_hours = [](seconds time) {
    return std::chrono::ceil<std::chrono::hours>(time);
  };
  store::writer_options out;
  out.file.path = std::move(path);
  out.version = BRIDGEKEEPER_VERSION;
  out.keep.age = to_hours(x.store.keep);
  out.keep.rows = static_cast<std::int64_t>(x.store.max_dispatches);
  out.keep.bytes = static_cast<std::int64_t>(x.store.max_bytes);
  out.keep.progress_age = to_hours(x.store.keep_progress);
  out.keep.content_age = to_hours(x.store.keep_content);
  return out;
}

store::durability make_durability(const config& x) {
  if (x.store.durability == "none")
    return store::durability::none;
  return x.store.durability == "commit" ? store::durability::commit
                                        : store::durability::full;
}

throttle_rule make_throttle_rule(const config& x) {
  throttle_rule out;
  out.longest = to_ms(x.auth.failure_delay);
  return out;
}

std::size_t count_io_threads(const config& x) {
  if (x.server.io_threads > 0)
    return x.server.io_threads;
  // One core is left for the kernel's network stack and for other processes.
  return std::max(2U, std::thread::hardware_concurrency()) - 1;
}

setting_values make_setting_values(const config& x) {
  setting_values out;
  for (const auto& row : options())
    out[std::string{row.section} + '.' + std::string{row.key}] =
        to_plain(row, x);
  // The files that are in use if the configuration names none.
  out["auth.scoped_token_file"] = scoped_token_path(x).string();
  if (x.auth.tokens.empty() && !x.auth.token_file && x.auth.make_token)
    out["auth.token_file"] =
        (std::filesystem::path{x.server.data_dir} / "token").string();
  return out;
}

} // namespace bridgekeeper::app
