#include "app/config/config_options.hpp"

#include "app/config/option_row.hpp"

#include <algorithm>
#include <array>

namespace bridgekeeper::app {

namespace {

using namespace option_row;

constexpr auto table = std::to_array<option>({
    {"server", "listen", list<&server::listen>(endpoint, 1),
     "HOST:PORT or unix:PATH where bridges and control clients connect; may be "
     "given several times. Port 0 takes a free port.",
     "--listen", at_start},
    {"server", "data_dir", text<&server::data_dir>(directory),
     "Directory for the daemon's data; made if it is missing. Default: "
     "$STATE_DIRECTORY, otherwise ./var if it exists and is yours, otherwise "
     "~/.local/state/bridgekeeper.",
     "--data-dir", at_start},
    {"server", "io_threads", number<&server::io_threads>(count, 0, 1024),
     "Threads that carry connections; 0 takes one fewer than there are cores.",
     "--io-threads", at_start},
    {"server", "backlog", number<&server::backlog>(count, 1, 65'535),
     "Connections the kernel queues before they are accepted.", "", at_start},
    {"server", "max_connections",
     number<&server::max_connections>(count, 1, million),
     "Connections open at the same time, bridges and control clients together.",
     "--max-connections"},
    {"server", "max_connections_per_ip",
     number<&server::max_connections_per_ip>(count, 0, million),
     "The same, from one address, except trusted proxies; 0 for no limit."},
    {"server", "peer_timeout",
     number<&server::peer_timeout>(duration, 0.1, hour),
     "How long a client may read nothing of what it is sent, and how long any "
     "peer may leave a message unfinished.",
     "--peer-timeout"},
    {"server", "min_rate", number<&server::min_rate>(bytes, 0, gibibyte),
     "Minimum transfer rate in bytes per second; 0: any progress is enough."},
    {"server", "trusted_proxies", list<&server::trusted_proxies>(network),
     "Proxies whose X-Forwarded-For names the client; \"\" for none.",
     "--trusted-proxies"},
    {"server", "protect_memory", toggle<&server::protect_memory>,
     "Keep the daemon's memory, which holds tokens, out of core dumps and from "
     "debuggers of the same user.",
     "", at_start},
    {"server", "output_bytes",
     number<&server::output_bytes>(bytes, mebibyte, 64 * gibibyte),
     "Bytes that may wait to be sent to all readers of events and control "
     "clients together; above this, the reader with the most waiting bytes is "
     "dropped."},
    {"server", "stall_timeout",
     number<&server::stall_timeout>(duration, 0.1, day),
     "How long a reader of events may read nothing of what it is sent."},

    {"auth", "tokens", list<&auth::tokens>(token), "Tokens with all scopes."},
    {"auth", "token_file", text<&auth::token_file>(file),
     "File with one token a line, # for comments; read again when it changes.",
     "--token-file"},
    {"auth", "scoped_token_file", text<&auth::scoped_token_file>(file),
     "File of hashed tokens with scopes, as `bridgekeeper token` writes it; "
     "read again when it changes. Default: the file \"tokens\" in the data "
     "directory."},
    {"auth", "make_token", toggle<&auth::make_token>,
     "Make a token in the data directory if no plain token is configured."},
    {"auth", "failure_delay", number<&auth::failure_delay>(duration, 0, 60),
     "How long a token from an address that sent several wrong ones may wait "
     "to be checked; 0: no token waits."},
    {"auth", "query_tokens", toggle<&auth::query_tokens>,
     "Accept tokens in the query of a URL (?token=), where they may end up in "
     "logs and browser histories."},

    {"tls", "certificate", text<&tls::certificate>(file),
     "PEM file with the certificate and the intermediate ones. With it, every "
     "TCP address speaks only TLS; it is read again when it changes.",
     "--tls-certificate"},
    {"tls", "key", text<&tls::key>(file),
     "PEM file with the certificate's key.", "--tls-key"},
    {"tls", "client_ca", text<&tls::client_ca>(file),
     "PEM file with the certificate authorities that sign client "
     "certificates."},
    {"tls", "client_certificates",
     word<&tls::client_certificates>("off, optional, required"),
     "Whether clients present a certificate in addition to their token."},
    {"tls", "min_version", word<&tls::min_version>("1.2, 1.3"),
     "Oldest version of TLS that is accepted."},
    {"tls", "handshake_timeout",
     number<&tls::handshake_timeout>(duration, 0.1, hour),
     "How long a TLS handshake may take."},
    {"tls", "self_signed", toggle<&tls::self_signed>,
     "Use TLS with a self-signed certificate, made in the data directory.",
     "--tls-self-signed", at_start},

    {"bridge", "register_timeout",
     number<&bridge::register_timeout>(duration, 0.1, hour),
     "How long a new bridge may take to register.", "--register-timeout"},
    {"bridge", "max_unregistered",
     number<&bridge::max_unregistered>(count, 1, million),
     "Bridges that are connected but not registered yet, in all."},
    {"bridge", "max_unregistered_per_ip",
     number<&bridge::max_unregistered_per_ip>(count, 1, million),
     "The same, from one address."},
    {"bridge", "max_unregistered_bytes",
     number<&bridge::max_unregistered_bytes>(bytes, mebibyte, gibibyte),
     "Memory for the first frames of all bridges that are not registered yet."},
    {"bridge", "max_frame_bytes",
     number<&bridge::max_frame_bytes>(bytes, kibibyte, gibibyte),
     "Largest frame a bridge may send; a larger one ends its connection.",
     "--max-frame-bytes"},
    {"bridge", "max_pending_per_agent",
     number<&bridge::max_pending_per_agent>(count, 1, million),
     "Unfinished dispatches one agent may have; those that wait without an "
     "agent share one such limit.",
     "--max-pending"},
    {"bridge", "max_pending_bytes_per_agent",
     number<&bridge::max_pending_bytes_per_agent>(bytes, kibibyte, gibibyte),
     "Contents and contexts of these dispatches together."},
    {"bridge", "stock_slots", number<&bridge::stock_slots>(count, 1, million),
     "Dispatches a bridge is sent at a time; the others wait in the daemon.",
     "--stock-slots"},
    {"bridge", "stock_slot_hold",
     number<&bridge::stock_slot_hold>(duration, 0, day),
     "How long a dispatch that timed out or was cancelled counts as one of "
     "these."},
    {"bridge", "resume_grace", number<&bridge::resume_grace>(duration, 0, day),
     "How long a bridge that speaks protocol 1.1 may be disconnected before "
     "its dispatches are lost."},
    {"bridge", "write_queue_bytes",
     number<&bridge::write_queue_bytes>(bytes, kibibyte, gibibyte),
     "Bytes waiting to be sent to one bridge above which dispatches to it are "
     "refused."},
    {"bridge", "write_queue_frames",
     number<&bridge::write_queue_frames>(count, 1, million),
     "Frames waiting to be sent to one bridge above which dispatches to it are "
     "refused."},
    {"bridge", "ping_interval",
     number<&bridge::ping_interval>(duration, 0.1, hour),
     "How often a silent bridge is pinged.", "--ping-interval"},

    {"agents", "known_bytes",
     number<&agents::known_bytes>(bytes, kibibyte, 64 * gibibyte),
     "Memory for the metadata and capabilities of connected agents, and as "
     "much again for agents that are away."},
    {"agents", "forget_after",
     number<&agents::forget_after>(duration, 0, 10 * year),
     "How long an agent may be away before it is forgotten; 0: never."},

    {"heartbeat", "timeout", number<&heartbeat::timeout>(duration, 0.1, day),
     "How long an agent may send nothing at all.", "--heartbeat-timeout"},
    {"heartbeat", "tick", number<&heartbeat::tick>(duration, 0.01, hour),
     "How often the daemon checks for silent agents.", "--heartbeat-tick",
     at_start},
    {"heartbeat", "adaptive", toggle<&heartbeat::adaptive>,
     "Give an agent whose heartbeats come more slowly than the timeout more "
     "time.",
     "--heartbeat-adaptive"},

    {"dispatch", "timeout",
     number<&dispatch::timeout>(duration, 0.1, longest_dispatch),
     "Deadline of a dispatch that does not set timeout_s.",
     "--dispatch-timeout"},
    {"dispatch", "max_content_chars",
     number<&dispatch::max_content_chars>(count, 1, million),
     "Longest task text, in characters.", "--max-content-chars"},

    {"limits", "agent_per_minute",
     number<&limits::agent_per_minute>(limit, lowest, million),
     "Dispatches to one agent in any 60 s; 0 for no limit."},
    {"limits", "ip_per_minute",
     number<&limits::ip_per_minute>(limit, lowest, million),
     "Dispatches from one address in any 60 s; 0 for no limit."},

    {"cost", "session_limit_usd",
     number<&cost::session_limit_usd>(decimal, 0, most_usd),
     "What dispatches may cost in a session (see session_window), in US "
     "dollars; 0 for no limit."},
    {"cost", "daily_limit_usd",
     number<&cost::daily_limit_usd>(decimal, 0, most_usd),
     "What dispatches may cost in a day (UTC), in US dollars; 0 for no limit."},
    {"cost", "warning_threshold",
     number<&cost::warning_threshold>(decimal, 0, 1),
     "The fraction of a limit at which an event warns, once."},
    {"cost", "per_thousand_tokens_usd",
     number<&cost::per_thousand_tokens_usd>(decimal, 0, most_usd),
     "What 1000 tokens cost if a bridge reports tokens but no cost."},
    {"cost", "reservation_usd",
     number<&cost::reservation_usd>(decimal, 0, most_usd),
     "Amount set aside for a dispatch until its response reports the cost; "
     "only if a price is known."},
    {"cost", "session_window", number<&cost::session_window>(duration, 0, year),
     "Time after which the session's spending is reset to 0; 0: only on "
     "request, for example `bridgekeeper costs --reset-session`."},
    {"cost", "max_per_dispatch_usd",
     number<&cost::max_per_dispatch_usd>(decimal, 0, most_usd),
     "Highest plausible cost of one dispatch. A higher one is ignored, and the "
     "tokens are priced instead; 0 for no limit."},

    {"http", "max_header_bytes",
     number<&http::max_header_bytes>(bytes, kibibyte, mebibyte),
     "Largest header of an HTTP request."},
    {"http", "max_body_bytes",
     number<&http::max_body_bytes>(bytes, kibibyte, gibibyte),
     "Largest body of an HTTP request."},
    {"http", "request_timeout",
     number<&http::request_timeout>(duration, 0.1, hour),
     "How long a request's header may take, and how long its body may stay "
     "below server.min_rate.",
     "--request-timeout"},
    {"http", "idle_timeout", number<&http::idle_timeout>(duration, 0.1, day),
     "How long an idle HTTP connection is kept open.", "--idle-timeout"},
    {"http", "answer_bytes",
     number<&http::answer_bytes>(bytes, mebibyte, 64 * gibibyte),
     "Memory for large responses while they are sent, in all."},
    {"http", "answer_bytes_per_token",
     number<&http::answer_bytes_per_token>(bytes, kibibyte, 64 * gibibyte),
     "Memory for large responses while they are sent, for one token."},
    {"http", "cors_origins", list<&http::cors_origins>(origin),
     "Origins of the web pages that may call the daemon."},

    {"control", "max_in_flight",
     number<&control::max_in_flight>(count, 1, million),
     "Requests one control connection may have under way."},
    {"control", "write_queue_bytes",
     number<&control::write_queue_bytes>(bytes, kibibyte, gibibyte),
     "Bytes waiting to be sent to one control client above which its requests "
     "are not read."},
    {"control", "write_queue_frames",
     number<&control::write_queue_frames>(count, 1, million),
     "Frames waiting to be sent to one control client above which its requests "
     "are not read."},

    {"events", "history_per_stream",
     number<&events::history_per_stream>(count, 1, million),
     "Past events kept for each agent and each session.", "", at_start},
    {"events", "history_bytes",
     number<&events::history_bytes>(bytes, 0, 64 * gibibyte),
     "Memory for past events and the records of finished dispatches, in all.",
     "", at_start},
    {"events", "finished_dispatches",
     number<&events::finished_dispatches>(count, 1, million),
     "Finished dispatches whose records are kept.", "", at_start},
    {"events", "sse_buffer_bytes",
     number<&events::sse_buffer_bytes>(bytes, kibibyte, gibibyte),
     "Bytes that may wait to be sent on one event stream."},

    {"store", "durability", word<&store::durability>("full, commit, none"),
     "What must survive before a dispatch is acknowledged: full: a power "
     "failure; commit: the end of the daemon; none keeps everything in memory.",
     "--store-durability", at_start},
    {"store", "keep", number<&store::keep>(duration, hour, 10 * year),
     "How long finished dispatches and events are kept.", "", at_start},
    {"store", "max_dispatches",
     number<&store::max_dispatches>(count, 1, 100 * million),
     "Finished dispatches that are kept.", "", at_start},
    {"store", "max_bytes",
     number<&store::max_bytes>(bytes, mebibyte, 1024 * gibibyte),
     "Size of the store above which the oldest finished dispatches are "
     "removed.",
     "", at_start},
    {"store", "keep_progress",
     number<&store::keep_progress>(duration, hour, 10 * year),
     "How long progress reports are kept.", "", at_start},
    {"store", "keep_content",
     number<&store::keep_content>(duration, 0, 10 * year),
     "How long the texts of tasks and results are kept; 0: as long as the "
     "dispatches.",
     "", at_start},

    {"metrics", "listen", list<&metrics::listen>(endpoint),
     "HOST:PORT or unix:PATH where GET /metrics, and nothing else, is served "
     "without a token and without TLS.",
     "--metrics", at_start},

    {"console", "listen", text<&console::listen>(loopback),
     "Where `bridgekeeper console` connects: a loopback address, or off.",
     "--console", at_start},

    {"log", "level",
     word<&log::level>("trace, debug, info, warning, error, off"),
     "Least important messages to log.", "--log-level"},
    {"log", "format", word<&log::format>("auto, text, json"),
     "Log lines; auto is text on a terminal, otherwise json; with systemd, "
     "fields in the journal.",
     "--log-format", at_start},
    {"log", "max_dispatches_per_second",
     number<&log::max_dispatches_per_second>(count, 0, million),
     "Dispatches whose start and end are logged, per second; 0: all."},

    {"audit", "path", text<&audit::path>(file),
     "File for the audit log; without it, nothing is audited.", "--audit-log",
     at_start},
    {"audit", "level", word<&audit::level>("info, warning"),
     "What is audited: info is everything, warning only failures.", "",
     at_start},
    {"audit", "max_bytes", number<&audit::max_bytes>(bytes, 0, 64 * gibibyte),
     "Size at which the audit log is rotated; 0: never.", "", at_start},
    {"audit", "backup_count", number<&audit::backup_count>(count, 0, 10'000),
     "Rotated audit logs that are kept; 0: no rotation.", "", at_start},
    {"audit", "required", toggle<&audit::required>,
     "Stop the daemon when entries are lost because the audit log cannot be "
     "written, instead of going on without it.",
     "", at_start},

    {"shutdown", "drain_timeout",
     number<&shutdown::drain_timeout>(duration, 0, day),
     "How long a stopping daemon waits for unfinished dispatches.",
     "--drain-timeout"},
    {"shutdown", "end_timeout",
     number<&shutdown::end_timeout>(duration, 1, hour),
     "How long connections and actors may take to end after that; then the "
     "process ends with status 1."},
});

} // namespace

std::span<const option> options() noexcept {
  return table;
}

const option* find_option(std::string_view section,
                          std::string_view key) noexcept {
  auto i = std::find_if(table.begin(), table.end(), [&](const option& x) {
    return x.section == section && x.key == key;
  });
  return i == table.end() ? nullptr : &*i;
}

} // namespace bridgekeeper::app
