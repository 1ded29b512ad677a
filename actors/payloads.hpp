#pragma once

#include "domain/agent_duty.hpp"
#include "domain/agent_view.hpp"
#include "domain/announcement.hpp"
#include "domain/dispatch_record.hpp"
#include "domain/errc.hpp"
#include "domain/event.hpp"
#include "domain/explanation.hpp"
#include "domain/idempotency_key.hpp"
#include "domain/ids.hpp"
#include "domain/messages.hpp"
#include "domain/origin.hpp"
#include "domain/past_events.hpp"
#include "domain/result.hpp"
#include "domain/stream_name.hpp"
#include "domain/timestamp.hpp"
#include "net/http_session.hpp"
#include "net/websocket_session.hpp"
#include "store/audit/audit_line.hpp"

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

// The payloads of messages between actors. They stay in this process, so large
// parts are shared instead of copied, and immutable once they are sent.

/// The answer to a dispatch request: the dispatch is recorded, and its frame is
/// on its way to the bridge or waits for its turn. Refusals travel as
/// `caf::error`.
struct acceptance {
  /// If the idempotency key is that of an earlier dispatch, the id of that one.
  message_id message;
  timestamp dispatched_at{};
  /// The chosen agent, if the request named none; empty if none has been chosen
  /// yet.
  agent_id agent = {};
};

/// How an accepted dispatch ended: the bridge's response, or the reason why
/// there is none (`timeout`, `agent_lost`, `replaced`, …).
struct dispatch_outcome {
  message_id message;
  bridgekeeper::result<std::shared_ptr<const response>> result;
  timestamp dispatched_at{};
  std::chrono::microseconds took{};
};

struct event_publication;

/// An event on its way to the hub.
using event_draft = std::shared_ptr<event_publication>;

/// What is to be explained.
struct explain_question {
  /// An agent id, a dispatch id or a part of one, or the token of a reason.
  std::string id;
  /// Empty: whatever has that id.
  std::optional<explained_kind> kind = {};
};

/// An entry for the audit log; immutable, because the trail reads it on another
/// thread.
using audit_entry_ptr = std::shared_ptr<const store::audit_entry>;

/// A received frame. Valid only during the call that passes it.
struct frame_view {
  std::string_view payload;
  bool binary = false;
};

/// A received request. Valid only during the call that passes it.
struct request_view {
  const net::http_request* request = nullptr;
};

/// A pending dispatch, as an operator sees it.
struct pending_view {
  message_id message;
  std::chrono::milliseconds age{};
  std::chrono::milliseconds remaining{};
};

/// An agent, as an operator sees it.
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
  /// How many dispatches the bridge is sent at a time, and how many wait.
  std::size_t slots = 0;
  std::size_t waiting = 0;
};

} // namespace bridgekeeper::actors
