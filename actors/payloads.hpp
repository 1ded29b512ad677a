#pragma once

#include "net/deadline_queue.hpp"
#include "net/http_session.hpp"
#include "net/websocket_session.hpp"
#include "protocol/dispatch_record.hpp"
#include "protocol/errc.hpp"
#include "protocol/event.hpp"
#include "protocol/ids.hpp"
#include "protocol/messages.hpp"
#include "protocol/timestamp.hpp"
#include "store/audit_line.hpp"

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace bridgekeeper::actors {

using protocol::agent_id;
using protocol::errc;
using protocol::failure;
using protocol::incarnation;
using protocol::json_object;
using protocol::message_id;
using protocol::session_id;

// What travels in messages between actors. All of it stays in this process, so
// large parts are shared, never copied, and never changed once they are sent.

/// Who is at the other end of a connection, or of what came over it.
struct origin {
  std::string ip;
  /// The label of the token that let them in; empty where it has none.
  std::string token;
  /// It is a web page that may not call us: see `cors_policy::is_foreign`.
  bool is_foreign_page = false;
};

/// What an agent writes and others may read at any time.
struct agent_vitals {
  /// Microseconds since the epoch.
  std::atomic<std::int64_t> last_heartbeat_us{0};
};

/// What a bridge said of itself when it registered.
struct announcement {
  agent_id agent;
  protocol::shared_session session;
  /// Where its bridge connected from.
  std::string ip;
  std::vector<std::string> capabilities;
  std::optional<std::string> workdir;
  json_object metadata;
  protocol::timestamp connected_at{};
  std::shared_ptr<agent_vitals> vitals;
};

using announcement_ptr = std::shared_ptr<const announcement>;

/// How the registry answers questions about one agent.
struct agent_view {
  agent_id agent;
  std::string name;
  std::string endpoint_url;
  bool connected = false;
  incarnation number{};
  /// Null for an agent that never connected.
  announcement_ptr announced;
  /// When it left or, where it never connected, was enlisted.
  net::time_point away_since{};
};

/// Roughly how much memory what a bridge announced holds on to, and a view of
/// an agent: for bounds.
[[nodiscard]] std::size_t footprint(const announcement& x) noexcept;

[[nodiscard]] std::size_t footprint(const agent_view& x) noexcept;

/// How many agents are remembered, and for how long.
struct roster_limits {
  std::size_t max_known = 100'000;
  /// What agents announce may take up as much memory while they are connected,
  /// and once more while they are away.
  std::size_t max_bytes = 64 * 1024 * 1024;
  /// After so long away an agent is forgotten; 0: never.
  std::chrono::milliseconds forget_after = std::chrono::hours{24 * 30};
};

using agent_list = std::shared_ptr<const std::vector<agent_view>>;

/// Which agents to list.
struct agent_query {
  /// At least 1.
  std::size_t limit = static_cast<std::size_t>(-1);
  /// The agent after which to begin; nothing: from the first one on.
  std::optional<agent_id> after;
  /// Only those that are, or are not, connected.
  std::optional<bool> connected;
};

/// A part of the list of agents.
struct agent_page {
  agent_list agents;
  /// Of all agents that fit, in this part and in others.
  std::size_t total = 0;
  /// The last of this part, where others follow.
  std::optional<agent_id> next;
};

/// How a dispatch came out well. Failures travel as `caf::error`.
struct dispatch_outcome {
  std::shared_ptr<const protocol::response> result;
  protocol::timestamp dispatched_at{};
  std::chrono::microseconds took{};
};

/// What `GET …/task` reports: the newest dispatch that is not finished, else
/// the newest, else nothing (contract section 6, number 6).
struct task_view {
  std::optional<protocol::dispatch_record> record;
  /// The newest dispatch of all: what a follow-up refers to.
  std::optional<message_id> newest;
};

struct event_publication;

/// An event on its way to the hub.
using event_draft = std::shared_ptr<event_publication>;

/// Which events: all of them, those of one agent, or those of one session.
struct stream_name {
  enum class kind_type : std::uint8_t { all, agent, session };

  stream_name() = default;
  explicit stream_name(const agent_id& x)
    : kind(kind_type::agent), id(x.str()) {}
  explicit stream_name(const session_id& x)
    : kind(kind_type::session), id(x.str()) {}

  [[nodiscard]] bool covers(const protocol::event& x) const noexcept {
    switch (kind) {
    case kind_type::all:
      return true;
    case kind_type::agent:
      return id == x.agent.str();
    case kind_type::session:
      break;
    }
    return id == x.session->str()
           || (x.bridge_session && id == x.bridge_session->str());
  }

  friend bool operator==(const stream_name&, const stream_name&) = default;

  kind_type kind = kind_type::all;
  std::string id;
};

/// What comes before a subscription, or is asked for without one.
struct past_events {
  stream_name which;
  /// Oldest first.
  std::vector<protocol::event_ptr> events;
  /// Others before or amid these existed and are forgotten.
  bool gap = false;
  /// There are more after these, which were too many for once.
  bool more = false;
  /// The sequence number of the newest event of all at that moment.
  std::uint64_t up_to = 0;
};

/// Something that is to be audited. Written once, read by the trail.
using audit_entry_ptr = std::shared_ptr<const store::audit_entry>;

/// A frame during the call that hands it on.
struct frame_view {
  std::string_view payload;
  bool binary = false;
};

/// A request during the call that hands it on.
struct request_view {
  const net::http_request* request = nullptr;
};

/// One dispatch in an operator's eyes.
struct pending_view {
  message_id message;
  std::chrono::milliseconds age{};
  std::chrono::milliseconds remaining{};
};

/// One agent in an operator's eyes.
struct agent_report {
  agent_id agent;
  incarnation number{};
  std::size_t thread = 0;
  std::chrono::milliseconds silent_for{};
  std::chrono::milliseconds silence_allowed{};
  std::chrono::milliseconds longest_gap{};
  std::size_t beats = 0;
  std::size_t queued_bytes = 0;
  std::size_t queued_frames = 0;
  std::vector<pending_view> pending;
};

} // namespace bridgekeeper::actors

template <>
struct std::hash<bridgekeeper::actors::stream_name> {
  std::size_t operator()(const bridgekeeper::actors::stream_name& x) const {
    return std::hash<std::string>{}(x.id) ^ static_cast<std::size_t>(x.kind);
  }
};
