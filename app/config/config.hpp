#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <vector>

namespace bridgekeeper::app {

using seconds = std::chrono::duration<double>;

/// Everything an operator can set, with its default. Built by `load_config`
/// from flags, environment and file; each section is a table of the file.
struct config {
  struct server_section {
    /// HOST:PORT each; port 0 takes a free one.
    std::vector<std::string> listen{"127.0.0.1:8000"};
    std::string data_dir = "./var";
    /// 0: one per core.
    std::size_t io_threads = 0;
    std::size_t backlog = 1024;
    std::size_t max_connections = 16'384;
  } server;

  struct auth_section {
    /// Plain tokens; every scope. Never from a flag: process lists are public.
    std::vector<std::string> tokens;
    /// One token a line, `#` comments; a changed file takes effect by itself.
    std::optional<std::string> token_file;
    /// Make a token in the data directory where nothing is configured.
    bool make_token = true;
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
    std::size_t max_frame_bytes = 16 * 1024 * 1024;
    std::size_t max_pending_per_agent = 1000;
    std::size_t write_queue_bytes = 8 * 1024 * 1024;
    std::size_t write_queue_frames = 4096;
    seconds ping_interval{20};
  } bridge;

  struct heartbeat_section {
    seconds timeout{30};
    seconds tick{5};
    bool adaptive = true;
  } heartbeat;

  struct dispatch_section {
    seconds timeout{600};
    std::size_t max_content_chars = 10'000;
  } dispatch;

  struct http_section {
    std::size_t max_header_bytes = 16 * 1024;
    std::size_t max_body_bytes = 1024 * 1024;
    /// From the first byte of a request, or the connection, to its last byte.
    seconds request_timeout{15};
    /// How long a keep-alive connection may stay idle.
    seconds idle_timeout{75};
  } http;

  struct control_section {
    std::size_t max_in_flight = 4096;
    std::size_t write_queue_bytes = 32 * 1024 * 1024;
    std::size_t write_queue_frames = 65'536;
  } control;

  struct events_section {
    std::size_t history_per_agent = 1000;
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

  struct shutdown_section {
    seconds drain_timeout{30};
  } shutdown;
};

} // namespace bridgekeeper::app
