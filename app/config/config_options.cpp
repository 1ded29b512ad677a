#include "app/config/config_options.hpp"

#include "domain/limits.hpp"
#include "protocol/control_codec.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <tuple>

namespace bridgekeeper::app {

namespace {

/// All sections of a config, to be picked by type.
template <class Config>
auto sections(Config& x) {
  return std::tie(x.server, x.auth, x.tls, x.bridge, x.agents, x.heartbeat,
                  x.dispatch, x.limits, x.cost, x.http, x.control, x.events,
                  x.console, x.log, x.audit, x.shutdown);
}

template <class Member>
struct member_of;

template <class Section, class Value>
struct member_of<Value Section::*> {
  using section = Section;
  using value = Value;
};

/// How a row names its field: `at<&config::log_section::level>`.
template <auto Key>
constexpr auto at = [] {
  using traits = member_of<decltype(Key)>;
  using section = typename traits::section;
  using value = typename traits::value;
  return config_field<value>{
      [](config& x) -> value& { return std::get<section&>(sections(x)).*Key; },
      [](const config& x) -> const value& {
        return std::get<const section&>(sections(x)).*Key;
      }};
}();

constexpr std::array<std::string_view, 6> log_levels{"trace",   "debug", "info",
                                                     "warning", "error", "off"};

constexpr std::array<std::string_view, 3> log_formats{"auto", "text", "json"};

constexpr std::array<std::string_view, 3> client_certificate_rules{
    "off", "optional", "required"};

constexpr std::array<std::string_view, 2> tls_versions{"1.2", "1.3"};

constexpr std::array<legacy_variable, 2> legacy_tokens{{
    {"VIBEFORGE_AUTH_TOKEN"},
    {"VIBEFORGE_AUTH_TOKENS", true},
}};

constexpr std::array<legacy_variable, 1> legacy_token_file{{
    {"VIBEFORGE_AUTH_TOKEN_FILE"},
}};

constexpr std::array<std::string_view, 2> audit_levels{"info", "warning"};

constexpr std::array<legacy_variable, 1> legacy_audit_path{{
    {"VIBEFORGE_AUDIT_LOG_PATH"},
}};

/// Of Python's logging. All that is audited is at INFO or WARNING.
constexpr std::array<legacy_word, 5> legacy_audit_levels{{
    {"debug", "info"},
    {"warn", "warning"},
    {"error", "warning"},
    {"fatal", "warning"},
    {"critical", "warning"},
}};

constexpr std::array<legacy_variable, 1> legacy_audit_level{{
    {"VIBEFORGE_AUDIT_LOG_LEVEL", false, legacy_audit_levels},
}};

constexpr std::array<legacy_variable, 1> legacy_audit_max_bytes{{
    {"VIBEFORGE_AUDIT_LOG_MAX_BYTES"},
}};

constexpr std::array<legacy_variable, 1> legacy_audit_backup_count{{
    {"VIBEFORGE_AUDIT_LOG_BACKUP_COUNT"},
}};

/// An option that takes the place of one variable.
template <std::size_t N>
constexpr std::array<legacy_variable, 1> legacy(const char (&name)[N]) {
  return {{{std::string_view{name, N - 1}}}};
}

constexpr auto legacy_agent_rate = legacy("VIBEFORGE_RATE_LIMIT_AGENT_PER_MIN");
constexpr auto legacy_ip_rate = legacy("VIBEFORGE_RATE_LIMIT_IP_PER_MIN");
constexpr auto legacy_session_limit =
    legacy("VIBEFORGE_SESSION_COST_LIMIT_USD");
constexpr auto legacy_daily_limit = legacy("VIBEFORGE_DAILY_COST_LIMIT_USD");
constexpr auto legacy_threshold = legacy("VIBEFORGE_COST_WARNING_THRESHOLD");
constexpr auto legacy_token_cost = legacy("VIBEFORGE_COST_PER_1K_TOKENS_USD");

constexpr auto at_start = takes_effect::at_start;

constexpr std::size_t million = 1'000'000;
constexpr double most_usd = 1e9;
constexpr seconds hour{3600};
constexpr seconds day{86'400};
constexpr seconds year{366 * 86'400};

using server = config::server_section;
using auth = config::auth_section;
using tls = config::tls_section;
using bridge = config::bridge_section;
using agents = config::agents_section;
using heartbeat = config::heartbeat_section;
using dispatch = config::dispatch_section;
using limits = config::limits_section;
using cost = config::cost_section;
using http = config::http_section;
using control = config::control_section;
using events = config::events_section;
using console = config::console_section;
using log = config::log_section;
using audit = config::audit_section;
using shutdown = config::shutdown_section;

// -- the table ----------------------------------------------------------------

constexpr auto table = std::to_array<option>({
    {"server",
     "listen",
     endpoints_kind{at<&server::listen>},
     "--listen",
     "HOST:PORT or unix:PATH where bridges and control clients connect; may "
     "be given several times. Port 0 takes a free port.",
     {},
     at_start},
    {"server",
     "data_dir",
     path_kind{at<&server::data_dir>},
     "--data-dir",
     "Directory for the daemon's data; made if it is missing. Default: "
     "$STATE_DIRECTORY, otherwise ./var if it exists and is yours, otherwise "
     "~/.local/state/bridgekeeper.",
     {},
     at_start},
    {"server",
     "io_threads",
     count_kind{at<&server::io_threads>, 0, 1024},
     "--io-threads",
     "Threads that carry connections; 0 takes one fewer than there are cores.",
     {},
     at_start},
    {"server",
     "backlog",
     count_kind{at<&server::backlog>, 1, 65'535},
     "",
     "Connections the kernel queues before they are accepted.",
     {},
     at_start},
    {"server", "max_connections",
     count_kind{at<&server::max_connections>, 1, million}, "--max-connections",
     "Connections open at the same time, bridges and control clients "
     "together."},
    {"server", "max_connections_per_ip",
     count_kind{at<&server::max_connections_per_ip>, 0, million}, "",
     "The same, from one address, except trusted proxies; 0 for no limit."},
    {"server", "peer_timeout",
     duration_kind{at<&server::peer_timeout>, seconds{0.1}, hour},
     "--peer-timeout",
     "How long a client may read nothing of what it is sent, and how long any "
     "peer may leave a message unfinished."},
    {"server", "min_rate", size_kind{at<&server::min_rate>, 0, 1024 * mebibyte},
     "",
     "Minimum transfer rate in bytes per second; 0: any progress is enough."},
    {"server", "trusted_proxies", networks_kind{at<&server::trusted_proxies>},
     "--trusted-proxies",
     "Proxies whose X-Forwarded-For names the client; \"\" for none."},
    {"server",
     "protect_memory",
     switch_kind{at<&server::protect_memory>},
     "",
     "Keep the daemon's memory, which holds tokens, out of core dumps and from "
     "debuggers of the same user.",
     {},
     at_start},
    {"server", "output_bytes",
     size_kind{at<&server::output_bytes>, mebibyte, 65'536 * mebibyte}, "",
     "Bytes that may wait to be sent to all readers of events and control "
     "clients together; above this, the reader with the most waiting bytes is "
     "dropped."},
    {"server", "stall_timeout",
     duration_kind{at<&server::stall_timeout>, seconds{0.1}, day}, "",
     "How long a reader of events may read nothing of what it is sent."},

    {"auth", "tokens", tokens_kind{at<&auth::tokens>}, "",
     "Tokens with all scopes.", legacy_tokens},
    {"auth", "token_file", optional_path_kind{at<&auth::token_file>},
     "--token-file",
     "File with one token a line, # for comments; read again when it changes.",
     legacy_token_file},
    {"auth", "scoped_token_file",
     optional_path_kind{at<&auth::scoped_token_file>}, "",
     "File of hashed tokens with scopes, as `bridgekeeper token` writes it; "
     "read again when it changes. Default: the file \"tokens\" in the data "
     "directory."},
    {"auth", "make_token", switch_kind{at<&auth::make_token>}, "",
     "Make a token in the data directory if no plain token is configured."},
    {"auth", "failure_delay",
     duration_kind{at<&auth::failure_delay>, seconds{0}, seconds{60}}, "",
     "How long a token from an address that sent several wrong ones may wait "
     "to be checked; 0: no token waits."},
    {"auth", "query_tokens", switch_kind{at<&auth::query_tokens>}, "",
     "Accept tokens in the query of a URL (?token=), where they may end up in "
     "logs and browser histories."},

    {"tls", "certificate", optional_path_kind{at<&tls::certificate>},
     "--tls-certificate",
     "PEM file with the certificate and the intermediate ones. With it, every "
     "TCP address speaks only TLS; it is read again when it changes."},
    {"tls", "key", optional_path_kind{at<&tls::key>}, "--tls-key",
     "PEM file with the certificate's key."},
    {"tls", "client_ca", optional_path_kind{at<&tls::client_ca>}, "",
     "PEM file with the certificate authorities that sign client "
     "certificates."},
    {"tls", "client_certificates",
     choice_kind{at<&tls::client_certificates>, client_certificate_rules}, "",
     "Whether clients present a certificate in addition to their token."},
    {"tls", "min_version", choice_kind{at<&tls::min_version>, tls_versions}, "",
     "Oldest version of TLS that is accepted."},
    {"tls", "handshake_timeout",
     duration_kind{at<&tls::handshake_timeout>, seconds{0.1}, hour}, "",
     "How long a TLS handshake may take."},
    {"tls",
     "self_signed",
     switch_kind{at<&tls::self_signed>},
     "--tls-self-signed",
     "Use TLS with a self-signed certificate, made in the data directory.",
     {},
     at_start},

    {"bridge", "register_timeout",
     duration_kind{at<&bridge::register_timeout>, seconds{0.1}, hour},
     "--register-timeout", "How long a new bridge may take to register."},
    {"bridge", "max_unregistered",
     count_kind{at<&bridge::max_unregistered>, 1, million}, "",
     "Bridges that are connected but not registered yet, in all."},
    {"bridge", "max_unregistered_per_ip",
     count_kind{at<&bridge::max_unregistered_per_ip>, 1, million}, "",
     "The same, from one address."},
    {"bridge", "max_unregistered_bytes",
     size_kind{at<&bridge::max_unregistered_bytes>, mebibyte, 1024 * mebibyte},
     "",
     "Memory for the first frames of all bridges that are not registered yet."},
    {"bridge", "max_frame_bytes",
     size_kind{at<&bridge::max_frame_bytes>, kibibyte, 1024 * mebibyte},
     "--max-frame-bytes",
     "Largest frame a bridge may send; a larger one ends its connection."},
    {"bridge", "max_pending_per_agent",
     count_kind{at<&bridge::max_pending_per_agent>, 1, million},
     "--max-pending", "Unfinished dispatches one agent may have."},
    {"bridge", "max_pending_bytes_per_agent",
     size_kind{at<&bridge::max_pending_bytes_per_agent>, kibibyte,
               1024 * mebibyte},
     "", "Contents and contexts of these dispatches together."},
    {"bridge", "write_queue_bytes",
     size_kind{at<&bridge::write_queue_bytes>, kibibyte, 1024 * mebibyte}, "",
     "Bytes waiting to be sent to one bridge above which dispatches to it are "
     "refused."},
    {"bridge", "write_queue_frames",
     count_kind{at<&bridge::write_queue_frames>, 1, million}, "",
     "Frames waiting to be sent to one bridge above which dispatches to it are "
     "refused."},
    {"bridge", "ping_interval",
     duration_kind{at<&bridge::ping_interval>, seconds{0.1}, hour},
     "--ping-interval", "How often a silent bridge is pinged."},

    {"agents", "known_bytes",
     size_kind{at<&agents::known_bytes>, kibibyte, 65'536 * mebibyte}, "",
     "Memory for the metadata and capabilities of connected agents, and as "
     "much again for agents that are away."},
    {"agents", "forget_after",
     duration_kind{at<&agents::forget_after>, seconds{0}, 10 * year}, "",
     "How long an agent may be away before it is forgotten; 0: never."},

    {"heartbeat", "timeout",
     duration_kind{at<&heartbeat::timeout>, seconds{0.1}, day},
     "--heartbeat-timeout", "How long an agent may send nothing at all."},
    {"heartbeat",
     "tick",
     duration_kind{at<&heartbeat::tick>, seconds{0.01}, hour},
     "--heartbeat-tick",
     "How often the daemon checks for silent agents.",
     {},
     at_start},
    {"heartbeat", "adaptive", switch_kind{at<&heartbeat::adaptive>},
     "--heartbeat-adaptive",
     "Give an agent whose heartbeats come more slowly than the timeout more "
     "time."},

    {"dispatch", "timeout",
     duration_kind{at<&dispatch::timeout>, seconds{0.1},
                   protocol::max_dispatch_timeout},
     "--dispatch-timeout",
     "Deadline of a dispatch that does not set timeout_s."},
    {"dispatch", "max_content_chars",
     count_kind{at<&dispatch::max_content_chars>, 1, million},
     "--max-content-chars", "Longest task text, in characters."},

    {"limits", "agent_per_minute",
     limit_kind{at<&limits::agent_per_minute>, million}, "",
     "Dispatches to one agent in any 60 s; 0 for no limit.", legacy_agent_rate},
    {"limits", "ip_per_minute", limit_kind{at<&limits::ip_per_minute>, million},
     "", "Dispatches from one address in any 60 s; 0 for no limit.",
     legacy_ip_rate},

    {"cost", "session_limit_usd",
     number_kind{at<&cost::session_limit_usd>, 0, most_usd}, "",
     "What dispatches may cost in a session (see session_window), in US "
     "dollars; 0 for no limit.",
     legacy_session_limit},
    {"cost", "daily_limit_usd",
     number_kind{at<&cost::daily_limit_usd>, 0, most_usd}, "",
     "What dispatches may cost in a day (UTC), in US dollars; 0 for no limit.",
     legacy_daily_limit},
    {"cost", "warning_threshold",
     number_kind{at<&cost::warning_threshold>, 0, 1}, "",
     "The fraction of a limit at which an event warns, once.",
     legacy_threshold},
    {"cost", "per_thousand_tokens_usd",
     number_kind{at<&cost::per_thousand_tokens_usd>, 0, most_usd}, "",
     "What 1000 tokens cost if a bridge reports tokens but no cost.",
     legacy_token_cost},
    {"cost", "reservation_usd",
     number_kind{at<&cost::reservation_usd>, 0, most_usd}, "",
     "Amount set aside for a dispatch until its response reports the cost; "
     "only if a price is known."},
    {"cost", "session_window",
     duration_kind{at<&cost::session_window>, seconds{0}, year}, "",
     "Time after which the session's spending is reset to 0; 0: only on "
     "request, for example `bridgekeeper costs --reset-session`."},
    {"cost", "max_per_dispatch_usd",
     number_kind{at<&cost::max_per_dispatch_usd>, 0, most_usd}, "",
     "Highest plausible cost of one dispatch. A higher one is ignored, and the "
     "tokens are priced instead; 0 for no limit."},

    {"http", "max_header_bytes",
     size_kind{at<&http::max_header_bytes>, kibibyte, mebibyte}, "",
     "Largest header of an HTTP request."},
    {"http", "max_body_bytes",
     size_kind{at<&http::max_body_bytes>, kibibyte, 1024 * mebibyte}, "",
     "Largest body of an HTTP request."},
    {"http", "request_timeout",
     duration_kind{at<&http::request_timeout>, seconds{0.1}, hour},
     "--request-timeout",
     "How long a request's header may take, and how long its body may stay "
     "below server.min_rate."},
    {"http", "idle_timeout",
     duration_kind{at<&http::idle_timeout>, seconds{0.1}, day},
     "--idle-timeout", "How long an idle HTTP connection is kept open."},
    {"http", "answer_bytes",
     size_kind{at<&http::answer_bytes>, mebibyte, 65'536 * mebibyte}, "",
     "Memory for large responses while they are sent, in all."},
    {"http", "answer_bytes_per_token",
     size_kind{at<&http::answer_bytes_per_token>, kibibyte, 65'536 * mebibyte},
     "", "Memory for large responses while they are sent, for one token."},
    {"http", "cors_origins", origins_kind{at<&http::cors_origins>}, "",
     "Origins of the web pages that may call the daemon."},

    {"control", "max_in_flight",
     count_kind{at<&control::max_in_flight>, 1, million}, "",
     "Requests one control connection may have under way."},
    {"control", "write_queue_bytes",
     size_kind{at<&control::write_queue_bytes>, kibibyte, 1024 * mebibyte}, "",
     "Bytes waiting to be sent to one control client above which its requests "
     "are not read."},
    {"control", "write_queue_frames",
     count_kind{at<&control::write_queue_frames>, 1, million}, "",
     "Frames waiting to be sent to one control client above which its requests "
     "are not read."},

    {"events",
     "history_per_stream",
     count_kind{at<&events::history_per_stream>, 1, million},
     "",
     "Past events kept for each agent and each session.",
     {},
     at_start},
    {"events",
     "history_bytes",
     size_kind{at<&events::history_bytes>, 0, 65'536 * mebibyte},
     "",
     "Memory for past events, in all.",
     {},
     at_start},
    {"events",
     "finished_dispatches",
     count_kind{at<&events::finished_dispatches>, 1, million},
     "",
     "Finished dispatches whose records are kept.",
     {},
     at_start},
    {"events", "sse_buffer_bytes",
     size_kind{at<&events::sse_buffer_bytes>, kibibyte, 1024 * mebibyte}, "",
     "Bytes that may wait to be sent on one event stream."},

    {"console",
     "listen",
     loopback_kind{at<&console::listen>},
     "--console",
     "Where `bridgekeeper console` connects: a loopback address, or off.",
     {},
     at_start},

    {"log", "level", choice_kind{at<&log::level>, log_levels}, "--log-level",
     "Least important messages to log."},
    {"log",
     "format",
     choice_kind{at<&log::format>, log_formats},
     "--log-format",
     "Log lines; auto is text on a terminal, otherwise json.",
     {},
     at_start},

    {"audit", "path", optional_path_kind{at<&audit::path>}, "--audit-log",
     "File for the audit log; without it, nothing is audited.",
     legacy_audit_path, at_start},
    {"audit", "level", choice_kind{at<&audit::level>, audit_levels}, "",
     "What is audited: info is everything, warning only failures.",
     legacy_audit_level, at_start},
    {"audit", "max_bytes",
     size_kind{at<&audit::max_bytes>, 0, 65'536 * mebibyte}, "",
     "Size at which the audit log is rotated; 0: never.",
     legacy_audit_max_bytes, at_start},
    {"audit", "backup_count", count_kind{at<&audit::backup_count>, 0, 10'000},
     "", "Rotated audit logs that are kept; 0: no rotation.",
     legacy_audit_backup_count, at_start},
    {"audit",
     "required",
     switch_kind{at<&audit::required>},
     "",
     "Stop the daemon when entries are lost because the audit log cannot be "
     "written, instead of going on without it.",
     {},
     at_start},

    {"shutdown", "drain_timeout",
     duration_kind{at<&shutdown::drain_timeout>, seconds{0}, day},
     "--drain-timeout",
     "How long a stopping daemon waits for unfinished dispatches."},
    {"shutdown", "end_timeout",
     duration_kind{at<&shutdown::end_timeout>, seconds{1}, hour}, "",
     "How long connections and actors may take to end after that; then the "
     "process ends with status 1."},
});

} // namespace

std::span<const option> options() noexcept {
  return table;
}

std::string full_name(const option& x) {
  return std::string{x.section}.append(".").append(x.key);
}

std::string variable_name(const option& x) {
  auto out = "BRIDGEKEEPER_" + std::string{x.section}.append("_").append(x.key);
  std::transform(out.begin(), out.end(), out.begin(), [](unsigned char c) {
    return static_cast<char>(std::toupper(c));
  });
  return out;
}

const option* find_option(std::string_view section,
                          std::string_view key) noexcept {
  auto i = std::find_if(table.begin(), table.end(), [&](const option& x) {
    return x.section == section && x.key == key;
  });
  return i == table.end() ? nullptr : &*i;
}

bool is_secret(const option& x) noexcept {
  return std::holds_alternative<tokens_kind>(x.kind);
}

} // namespace bridgekeeper::app
