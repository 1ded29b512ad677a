#pragma once

#include "app/adapters/byte_tail.hpp"
#include "app/adapters/session_totals.hpp"
#include "domain/failure_class.hpp"
#include "domain/messages.hpp"
#include "domain/timestamp.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace bridgekeeper::app {

/// What an agent has said about the end of its task.
enum class agent_outcome : std::uint8_t {
  /// Nothing yet.
  open,
  succeeded,
  failed,
};

/// What an adapter has learned from the output of its agent so far.
struct agent_findings {
  agent_outcome outcome = agent_outcome::open;
  /// Whether the output contained any message in the agent's own format.
  bool has_spoken = false;
  /// Whether nothing is expected any more: the process should exit now.
  bool has_ended = false;
  /// The agent's answer, or what it has said last.
  std::string answer = {};
  /// How many bytes of the answer came before `answer` and were not kept.
  std::size_t answer_omitted = 0;
  /// What the agent says went wrong, also if it has not ended the task yet.
  std::string error = {};
  std::optional<failure_class> failure = {};
  /// When the agent's provider accepts requests again.
  std::optional<timestamp> retry_at = {};
  std::string session = {};
  std::string model = {};
  std::optional<std::uint64_t> turns = {};
  /// What this task has used, as a JSON object, without `totals`.
  json_object usage = {};
  /// What the session has used so far, including earlier tasks.
  usage_amounts totals = {};
  /// Tools that the agent was not allowed to use, with their argument.
  std::vector<std::string> denials = {};
  std::vector<std::string> warnings = {};

  /// The longest answer in bytes. Of a longer one, the end is reported.
  static constexpr std::size_t max_answer = std::size_t{900} * 1024;
  static constexpr std::size_t max_notes = 20;
  static constexpr std::size_t max_note_length = 300;

  /// Adds to `denials` or `warnings`: the first ones, each cut to a line.
  static void add_note(std::vector<std::string>& notes, std::string_view text);

  /// Sets an answer that came in pieces.
  void answer_with(const byte_tail& text) {
    answer = text.view();
    answer_omitted = text.dropped();
  }

  void succeed() {
    outcome = agent_outcome::succeeded;
    error.clear();
    failure.reset();
    retry_at.reset();
  }

  void fail(std::string why, std::optional<failure_class> kind) {
    outcome = agent_outcome::failed;
    error = std::move(why);
    failure = kind;
  }
};

} // namespace bridgekeeper::app
