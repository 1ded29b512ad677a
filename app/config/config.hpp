#pragma once

#include "app/log/log_options.hpp"
#include "app/text/quantity.hpp"
#include "domain/access/attempt_throttle.hpp"
#include "domain/admission.hpp"
#include "domain/answer_budget.hpp"
#include "domain/event_history.hpp"
#include "domain/limits.hpp"
#include "domain/liveness.hpp"
#include "domain/roster.hpp"
#include "net/server/listener.hpp"
#include "store/audit/audit_log.hpp"
#include "store/dispatches/retention_limits.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace bridgekeeper::app {

/// Everything an operator can set, with its default. The help texts of
/// `options()` say what each setting means. A default that a room has as well
/// comes from there, unless its header includes CAF. `load_config` builds a
/// config from flags, environment and file; each section is a table of the
/// file.
struct config {
  struct server_section {
    std::vector<std::string> listen{"127.0.0.1:8000"};
    /// If no source names one, `load_config` sets what `default_data_dir`
    /// finds.
    std::string data_dir = "./var";
    std::size_t io_threads = 0;
    std::size_t backlog = net::listener_options{}.backlog;
    std::size_t max_connections = net::connection_limits{}.total;
    std::size_t max_connections_per_ip = net::connection_limits{}.per_ip;
    /// How long a peer may read nothing of what is queued for it, leave a
    /// message unfinished, or leave sent bytes unacknowledged.
    seconds peer_timeout = net::transfer_pace{}.stall_timeout;
    std::size_t min_rate = net::transfer_pace{}.min_rate;
    std::vector<std::string> trusted_proxies{"127.0.0.0/8", "::1"};
    bool protect_memory = true;
    std::size_t output_bytes = 128 * mebibyte;
    seconds stall_timeout = net::http_options{}.stall_timeout;
  } server;

  struct auth_section {
    /// Plain tokens with every scope. They have no flag, because process lists
    /// are public.
    std::vector<std::string> tokens;
    std::optional<std::string> token_file;
    std::optional<std::string> scoped_token_file;
    bool make_token = true;
    seconds failure_delay = throttle_rule{}.longest;
    bool query_tokens = true;
  } auth;

  struct tls_section {
    std::optional<std::string> certificate;
    std::optional<std::string> key;
    std::optional<std::string> client_ca;
    std::string client_certificates = "off";
    std::string min_version = "1.2";
    seconds handshake_timeout = net::listener_options{}.tls_handshake_timeout;
    bool self_signed = false;
  } tls;

  struct bridge_section {
    seconds register_timeout{10};
    std::size_t max_unregistered = net::connection_limits{}.unregistered;
    std::size_t max_unregistered_per_ip =
        net::connection_limits{}.unregistered_per_ip;
    /// For all first frames together, besides 16 KiB for each.
    std::size_t max_unregistered_bytes = default_first_frame_bytes;
    std::size_t max_frame_bytes = net::websocket_options{}.max_frame;
    std::size_t max_pending_per_agent = 1000;
    std::size_t max_pending_bytes_per_agent = 16 * mebibyte;
    std::size_t stock_slots = 1;
    seconds stock_slot_hold{600};
    seconds resume_grace{600};
    std::size_t write_queue_bytes = net::websocket_options{}.queue_bytes;
    std::size_t write_queue_frames = net::websocket_options{}.queue_frames;
    seconds ping_interval = net::websocket_options{}.ping_interval;
  } bridge;

  struct agents_section {
    std::size_t known_bytes = roster_limits{}.max_bytes;
    seconds forget_after = roster_limits{}.forget_after;
  } agents;

  struct heartbeat_section {
    seconds timeout = liveness_rule{}.timeout;
    seconds tick{5};
    bool adaptive = liveness_rule{}.adaptive;
  } heartbeat;

  struct dispatch_section {
    seconds timeout{660};
    std::size_t max_content_chars = default_max_content;
  } dispatch;

  struct limits_section {
    std::int64_t agent_per_minute = admission_limits{}.agent_per_minute;
    std::int64_t ip_per_minute = admission_limits{}.ip_per_minute;
  } limits;

  struct cost_section {
    double session_limit_usd = cost_limits{}.session.to_usd();
    double daily_limit_usd = cost_limits{}.daily.to_usd();
    double warning_threshold = cost_limits{}.warning_threshold;
    double per_thousand_tokens_usd = admission_limits{}.per_1k_tokens.to_usd();
    double reservation_usd = cost_limits{}.reservation.to_usd();
    seconds session_window = cost_limits{}.session_window;
    double max_per_dispatch_usd = admission_limits{}.max_per_dispatch.to_usd();
  } cost;

  struct http_section {
    std::size_t max_header_bytes = net::http_options{}.max_header_bytes;
    std::size_t max_body_bytes = net::http_options{}.max_body_bytes;
    /// From the first byte of a request, or the connection, to the end of its
    /// header; a body may stay below `server.min_rate` for this long.
    seconds request_timeout = net::http_options{}.request_timeout;
    seconds idle_timeout = net::http_options{}.idle_timeout;
    std::size_t answer_bytes = answer_limits{}.total;
    std::size_t answer_bytes_per_token = answer_limits{}.per_token;
    /// Web pages that may call the daemon (contract section 2).
    std::vector<std::string> cors_origins{
        "http://localhost:5173",  "http://localhost:5174",
        "http://127.0.0.1:5173",  "http://127.0.0.1:5174",
        "https://localhost:5173", "https://localhost:5174",
        "https://127.0.0.1:5173", "https://127.0.0.1:5174"};
  } http;

  struct control_section {
    std::size_t max_in_flight = 4096;
    std::size_t write_queue_bytes = 32 * mebibyte;
    std::size_t write_queue_frames = 65'536;
  } control;

  struct events_section {
    std::size_t history_per_stream = event_stream_options{}.per_stream;
    std::size_t history_bytes = event_stream_options{}.total_bytes;
    std::size_t finished_dispatches = event_history_options{}.finished;
    std::size_t sse_buffer_bytes = net::http_options{}.stream_buffer_bytes;
  } events;

  struct store_section {
    std::string durability = "full";
    seconds keep = store::retention_limits{}.age;
    std::size_t max_dispatches =
        static_cast<std::size_t>(store::retention_limits{}.rows);
    std::size_t max_bytes =
        static_cast<std::size_t>(store::retention_limits{}.bytes);
    seconds keep_progress = store::retention_limits{}.progress_age;
    /// 0: as long as the rest.
    seconds keep_content = store::retention_limits{}.content_age;
  } store;

  struct metrics_section {
    /// Where `GET /metrics` needs no token, besides `server.listen`, where it
    /// needs one.
    std::vector<std::string> listen;
  } metrics;

  struct console_section {
    std::string listen = "127.0.0.1:8001";
  } console;

  log_options log;

  struct audit_section {
    std::optional<std::string> path;
    std::string level = "info";
    std::size_t max_bytes = store::audit_log_options{}.max_bytes;
    std::size_t backup_count = store::audit_log_options{}.backup_count;
    bool required = false;
  } audit;

  struct shutdown_section {
    seconds drain_timeout{30};
    seconds end_timeout{30};
  } shutdown;
};

} // namespace bridgekeeper::app
