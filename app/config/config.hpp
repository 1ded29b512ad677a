#pragma once

#include "app/text/quantity.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace bridgekeeper::app {

/// Everything an operator can set, with its default. Built by `load_config`
/// from flags, environment and file; each section is a table of the file.
struct config {
  struct server_section {
    /// HOST:PORT or unix:PATH each; port 0 takes a free one.
    std::vector<std::string> listen{"127.0.0.1:8000"};
    /// Where none is named, `load_config` sets what `default_data_dir` finds.
    std::string data_dir = "./var";
    /// 0: one per core but one.
    std::size_t io_threads = 0;
    std::size_t backlog = 1024;
    std::size_t max_connections = 16'384;
    /// 0: no limit of its own.
    std::size_t max_connections_per_ip = 4096;
    /// How long a peer may take nothing of what waits for it, leave a message
    /// unfinished, or leave what was sent to it unacknowledged.
    seconds peer_timeout{30};
    /// Bytes a second at which answers, bodies and messages have to get on.
    std::size_t min_rate = 1024;
    /// Addresses and networks of proxies whose X-Forwarded-For is believed.
    std::vector<std::string> trusted_proxies{"127.0.0.0/8", "::1"};
    /// No core dumps, and no debugger of the same user.
    bool protect_memory = true;
    /// What may wait to be sent to readers of events and control clients.
    std::size_t output_bytes = 128 * 1024 * 1024;
    /// How long a reader of events may take nothing of what waits for it.
    seconds stall_timeout{600};
  } server;

  struct auth_section {
    /// Plain tokens; every scope. Never from a flag: process lists are public.
    std::vector<std::string> tokens;
    /// One token a line, `#` comments; a changed file takes effect by itself.
    std::optional<std::string> token_file;
    /// Hashed tokens with labels and scopes, see docs/tokens.md. Without it:
    /// `tokens` in the data directory. A changed file takes effect by itself.
    std::optional<std::string> scoped_token_file;
    /// Make a token in the data directory where no plain one is configured.
    bool make_token = true;
    /// Longest wait for a token's turn from an address that sent wrong ones; 0:
    /// none waits.
    seconds failure_delay{5};
    /// Tokens are accepted from `?token=`, too.
    bool query_tokens = true;
  } auth;

  struct tls_section {
    /// PEM files; TLS is spoken, on every address, where they are set.
    std::optional<std::string> certificate;
    std::optional<std::string> key;
    /// Who signs the certificates of clients.
    std::optional<std::string> client_ca;
    /// off, optional, required.
    std::string client_certificates = "off";
    /// 1.2 or 1.3.
    std::string min_version = "1.2";
    seconds handshake_timeout{10};
    /// A certificate of our own, kept in the data directory.
    bool self_signed = false;
  } tls;

  struct bridge_section {
    seconds register_timeout{10};
    std::size_t max_unregistered = 1024;
    std::size_t max_unregistered_per_ip = 256;
    /// For all first frames together, besides 16 KiB for each.
    std::size_t max_unregistered_bytes = 32 * 1024 * 1024;
    std::size_t max_frame_bytes = 16 * 1024 * 1024;
    std::size_t max_pending_per_agent = 1000;
    /// Their contents and contexts.
    std::size_t max_pending_bytes_per_agent = 16 * 1024 * 1024;
    std::size_t write_queue_bytes = 8 * 1024 * 1024;
    std::size_t write_queue_frames = 4096;
    seconds ping_interval{20};
  } bridge;

  struct agents_section {
    /// What agents announce may take up as much memory while they are
    /// connected, and once more while they are away.
    std::size_t known_bytes = 64 * 1024 * 1024;
    /// 0: never.
    seconds forget_after{30 * 86'400};
  } agents;

  struct heartbeat_section {
    seconds timeout{30};
    seconds tick{5};
    bool adaptive = true;
  } heartbeat;

  struct dispatch_section {
    seconds timeout{600};
    std::size_t max_content_chars = 10'000;
  } dispatch;

  struct limits_section {
    /// Dispatches in any 60 s; 0 or less: off.
    std::int64_t agent_per_minute = 10;
    std::int64_t ip_per_minute = 50;
  } limits;

  struct cost_section {
    /// US dollars; 0: unlimited.
    double session_limit_usd = 5;
    double daily_limit_usd = 10;
    /// The part of a limit at which to warn.
    double warning_threshold = 0.8;
    double per_thousand_tokens_usd = 0;
    /// Set aside for each dispatch under way that has a price.
    double reservation_usd = 0.01;
    /// After this time session spending starts again at 0; 0: never.
    seconds session_window{86'400};
    /// A higher reported cost is not believed; 0: any is.
    double max_per_dispatch_usd = 100;
  } cost;

  struct http_section {
    std::size_t max_header_bytes = 16 * 1024;
    std::size_t max_body_bytes = 1024 * 1024;
    /// From the first byte of a request, or the connection, to the end of its
    /// header; a body may not fall short of `server.min_rate` for this long.
    seconds request_timeout{15};
    /// How long a keep-alive connection may stay idle.
    seconds idle_timeout{75};
    /// What large answers under way may hold, in all and for one token.
    std::size_t answer_bytes = 128 * 1024 * 1024;
    std::size_t answer_bytes_per_token = 32 * 1024 * 1024;
    /// Whose pages may call us (contract section 2).
    std::vector<std::string> cors_origins{
        "http://localhost:5173",  "http://localhost:5174",
        "http://127.0.0.1:5173",  "http://127.0.0.1:5174",
        "https://localhost:5173", "https://localhost:5174",
        "https://127.0.0.1:5173", "https://127.0.0.1:5174"};
  } http;

  struct control_section {
    std::size_t max_in_flight = 4096;
    std::size_t write_queue_bytes = 32 * 1024 * 1024;
    std::size_t write_queue_frames = 65'536;
  } control;

  struct events_section {
    std::size_t history_per_stream = 1000;
    std::size_t history_bytes = 64 * 1024 * 1024;
    std::size_t finished_dispatches = 10'000;
    std::size_t sse_buffer_bytes = 1024 * 1024;
  } events;

  struct console_section {
    /// HOST:PORT on the loopback interface, or "off".
    std::string listen = "127.0.0.1:8001";
  } console;

  struct log_section {
    /// trace, debug, info, warning, error, off.
    std::string level = "info";
    /// auto (text on a terminal, else json), text, json.
    std::string format = "auto";
  } log;

  struct audit_section {
    /// Nothing is audited without one.
    std::optional<std::string> path;
    /// info (everything), warning (failures).
    std::string level = "info";
    /// 0 for either: the file is never rotated.
    std::size_t max_bytes = 100 * 1024 * 1024;
    std::size_t backup_count = 10;
    /// Stop rather than go on without it.
    bool required = false;
  } audit;

  struct shutdown_section {
    seconds drain_timeout{30};
    /// For everything after the drain; then the process ends, with status 1.
    seconds end_timeout{30};
  } shutdown;
};

} // namespace bridgekeeper::app
