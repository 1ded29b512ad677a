#pragma once

#include "protocol/json_slices.hpp"
#include "protocol/messages.hpp"
#include "protocol/result.hpp"
#include "protocol/timestamp.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace bridgekeeper::protocol {

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

/// Roughly how much memory a record holds on to: for bounds.
[[nodiscard]] std::size_t footprint(const dispatch_record& x) noexcept;

/// As `GET /control/dispatches/{message_id}` and a dispatch that is waited for
/// answer it: `message_id, agent_id, status, content, usage, error, timings`.
[[nodiscard]] std::string encode(const dispatch_record& x);

/// The same, made slice by slice; holds on to the record.
[[nodiscard]] json_slices slices_of(std::shared_ptr<const dispatch_record> x);

} // namespace bridgekeeper::protocol
