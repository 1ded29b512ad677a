#pragma once

#include "domain/messages.hpp"
#include "domain/result.hpp"
#include "domain/timestamp.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>

namespace bridgekeeper {

/// How far a dispatch has come. The contract's names; `idle` is what an agent
/// without any dispatch reports.
enum class dispatch_status : std::uint8_t {
  dispatched,
  running,
  completed,
  error,
};

[[nodiscard]] std::string_view to_string(dispatch_status x) noexcept;

[[nodiscard]] constexpr bool is_finished(dispatch_status x) noexcept {
  return x == dispatch_status::completed || x == dispatch_status::error;
}

/// All that is known of one dispatch.
struct dispatch_record {
  message_id message;
  agent_id agent;
  dispatch_status status = dispatch_status::dispatched;
  timestamp dispatched_at{};
  std::optional<timestamp> finished_at;
  /// What the bridge answered, where it did.
  std::shared_ptr<const response> result;
  /// Why it ended without a result, where it did.
  std::optional<cause> why;
};

/// What `GET …/task` reports: the newest dispatch that is not finished, else
/// the newest, else nothing (contract section 6, number 6).
struct task_view {
  std::optional<dispatch_record> record;
  /// The newest dispatch of all: what a follow-up refers to.
  std::optional<message_id> newest;
};

/// Roughly how much memory a record holds on to: for bounds.
[[nodiscard]] std::size_t footprint(const dispatch_record& x) noexcept;

} // namespace bridgekeeper
