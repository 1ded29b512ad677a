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

/// The other side of `protocol/control_codec.hpp`: what a client of
/// /ws/control writes and reads.

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
};

struct progress_answer {
  std::string status;
  std::string text;
};

struct response_answer {
  std::string message_id;
  std::string content;
  std::optional<std::string> error;
};

struct error_answer {
  std::string code;
  std::string detail;
  bool retry_helps = false;
  /// When the same request may succeed, where the daemon knows.
  std::optional<std::chrono::seconds> retry_after = {};
  /// What to do about it, where the daemon says so.
  std::string hint = {};
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

/// What was spent.
struct costs_answer {
  /// The daemon's object, as it wrote it.
  std::string json;
};

struct forgotten_answer {
  std::string agent_id;
};

/// What an agent is working on.
struct task_answer {
  std::string agent_id;
  /// `idle`, or how its newest dispatch stands.
  std::string status;
  std::string message_id;
  /// ISO 8601; empty where there is no dispatch.
  std::string dispatched_at;
};

/// What became of a dispatch so far.
struct record_answer {
  std::string message_id;
  std::string agent_id;
  /// `dispatched`, `running`, `completed` or `error`.
  std::string status;
  std::string content;
  std::optional<std::string> error;
  /// The token of the reason for the error.
  std::string reason;
  /// The whole record as the daemon wrote it.
  std::string json;

  [[nodiscard]] bool finished() const {
    return status == "completed" || status == "error";
  }
};

using control_answer =
    std::variant<accepted_answer, progress_answer, response_answer,
                 error_answer, subscribed_answer, event_answer, agents_answer,
                 task_answer, record_answer, costs_answer, forgotten_answer>;

/// Reads one answer. Fails for what is no answer, or of a kind we do not know.
[[nodiscard]] result<control_answer> decode_answer(std::string_view frame);

/// What an event of the dispatch `message_id` tells of its progress, if it is
/// such an event.
[[nodiscard]] std::optional<progress_answer>
find_progress(const event_answer& x, std::string_view message_id);

} // namespace bridgekeeper::app
