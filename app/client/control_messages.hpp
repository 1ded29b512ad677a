#pragma once

#include "domain/messages.hpp"
#include "domain/result.hpp"
#include "protocol/control_codec.hpp"

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

namespace bridgekeeper::app {

/// The client's counterpart of `protocol/control_codec.hpp`: encodes requests
/// for /ws/control and decodes the answers.

// -- requests -----------------------------------------------------------------

[[nodiscard]] std::string encode_request(const protocol::control_dispatch& x);

[[nodiscard]] std::string encode_request(const protocol::control_subscribe& x);

[[nodiscard]] std::string encode_request(const protocol::control_list& x);

[[nodiscard]] std::string encode_request(const protocol::control_inquiry& x);

[[nodiscard]] std::string encode_request(const protocol::control_costs& x);

[[nodiscard]] std::string encode_request(const protocol::control_forget& x);
[[nodiscard]] std::string encode_request(const protocol::control_task& x);

// -- answers ------------------------------------------------------------------

struct accepted_answer {
  std::string message_id;
  /// Empty if no agent has been chosen yet.
  std::string agent_id = {};
};

struct progress_answer {
  std::string status;
  std::string text;
};

/// What a bridge has said about a failed task. All of it may be empty.
struct failure_note {
  /// The class, such as `rate_limited`; perhaps one of a later version.
  std::string failure;
  /// When another attempt is worth making; ISO 8601.
  std::string retry_at;
  /// The end of what the agent wrote to standard error.
  std::string error_detail;
};

struct response_answer {
  std::string message_id;
  std::string content;
  std::optional<std::string> error;
  failure_note note = {};
};

struct error_answer {
  std::string code;
  std::string detail;
  bool retry_helps = false;
  /// When the same request may succeed, if the daemon knows.
  std::optional<std::chrono::seconds> retry_after = {};
  /// The daemon's advice; may be empty.
  std::string hint = {};
  /// The dispatch that the error is about; may be empty.
  std::string message_id = {};
};

struct subscribed_answer {};

struct event_answer {
  /// The event as the daemon wrote it (contract section 4).
  std::string json;
};

struct agents_answer {
  /// A list of the contract's AgentViews, and its length.
  std::string json;
  std::size_t total = 0;
};

/// The costs so far.
struct costs_answer {
  /// The daemon's JSON object, unchanged.
  std::string json;
};

struct forgotten_answer {
  std::string agent_id;
};

/// The current task of an agent.
struct task_answer {
  std::string agent_id;
  /// `idle`, or the status of the agent's most recent dispatch.
  std::string status;
  std::string message_id;
  /// ISO 8601; empty if there is no dispatch.
  std::string dispatched_at;
};

/// The state of a dispatch.
struct record_answer {
  std::string message_id;
  std::string agent_id;
  /// `dispatched`, `running`, `completed` or `error`.
  std::string status;
  std::string content;
  std::optional<std::string> error;
  /// The reason for the error as a token, such as `agent_lost`.
  std::string reason;
  /// The daemon's whole record, unchanged.
  std::string json;
  /// What only records from a store have: the exact state, such as
  /// `timed_out`, and the numbers of the attempts. Empty and 0 otherwise.
  std::string state = {};
  std::size_t attempt = 0;
  std::size_t max_attempts = 0;
  /// JSON lists, oldest first: results that arrived after the end, and the
  /// steps of the dispatch. Empty texts if the record has none.
  std::string late = {};
  std::string history = {};
  failure_note note = {};
  /// While the dispatch waits for a retry: when its next attempt may be made.
  std::string next_attempt_at = {};

  [[nodiscard]] bool finished() const {
    return status == "completed" || status == "error";
  }
};

using control_answer =
    std::variant<accepted_answer, progress_answer, response_answer,
                 error_answer, subscribed_answer, event_answer, agents_answer,
                 task_answer, record_answer, costs_answer, forgotten_answer>;

/// Decodes one answer. Fails if the frame is not an answer or has an unknown
/// type.
[[nodiscard]] result<control_answer> decode_answer(std::string_view frame);

/// Decodes a record as `GET /control/dispatches/{id}` answers it.
[[nodiscard]] result<record_answer> decode_record(std::string_view record);

/// The progress in `x`, if `x` is a progress event of the dispatch
/// `message_id`.
[[nodiscard]] std::optional<progress_answer>
find_progress(const event_answer& x, std::string_view message_id);

} // namespace bridgekeeper::app
