#pragma once

#include "domain/micro_usd.hpp"

#include <spdlog/spdlog.h>

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>

namespace bridgekeeper::net {

/// The subjects of a log line, besides its text. JSON lines have them as
/// members, text lines as `[agent=demo peer=10.0.0.1]` at the end, and the
/// journal as fields of its own (docs/logging.md). Fields that are not set are
/// omitted. The texts are copied before `log_line` returns.
struct log_fields {
  /// An agent's id, or the id that a bridge claims to have.
  std::string_view agent = {};
  std::string_view message_id = {};
  /// The session that a dispatch belongs to.
  std::string_view session = {};
  /// How a dispatch has ended (`to_string(dispatch_state)`).
  std::string_view outcome = {};
  /// The token of a reason (domain/errc.hpp).
  std::string_view reason = {};
  /// The number of the attempt, from 1 on; 0 if the line has none.
  std::uint32_t attempt = 0;
  /// How long a dispatch waited before it was first sent.
  std::optional<std::chrono::milliseconds> queue_wait = {};
  /// How long a dispatch took, from its acceptance to its end.
  std::optional<std::chrono::milliseconds> duration = {};
  std::optional<micro_usd> cost = {};
  /// The peer's address without its port.
  std::string_view peer = {};
  /// The id of the trace that a dispatch belongs to (domain/trace_context.hpp).
  std::string_view trace_id = {};
};

/// Logs `text` with its fields through the default logger. Any thread.
void write_log_line(spdlog::level::level_enum level, const log_fields& about,
                    std::string text);

/// The same for a format and its arguments, which are formatted only if the
/// level is logged:
///
///     log_line(spdlog::level::warn, {.agent = id, .peer = ip},
///              "frame skipped: {}", why);
///
/// Values chosen by a peer must be passed as fields or arguments, never in the
/// format.
template <class... Ts>
void log_line(spdlog::level::level_enum level, const log_fields& about,
              spdlog::format_string_t<Ts...> format, Ts&&... xs) {
  if (spdlog::should_log(level))
    write_log_line(level, about, fmt::format(format, std::forward<Ts>(xs)...));
}

/// A field of a log line as seen by a formatter.
struct log_field {
  /// The name in JSON and text lines: `message_id`.
  std::string_view name;
  /// The name in the journal: `BRIDGEKEEPER_DISPATCH`.
  std::string_view journal_name;
  std::string_view value;
  /// The value is a number in JSON.
  bool is_number = false;
};

/// A log line as seen by a formatter.
struct parsed_log_line {
  static constexpr std::size_t max_fields = 11;

  std::string_view text;
  /// In the order of the members of `log_fields`.
  std::array<log_field, max_fields> all = {};
  std::size_t count = 0;

  [[nodiscard]] std::span<const log_field> fields() const noexcept {
    return {all.data(), count};
  }

  /// The value of a field; empty if the line does not have it.
  [[nodiscard]] std::string_view find(std::string_view name) const noexcept;
};

/// Parses the output of `write_log_line`; other lines have no fields. The views
/// are valid as long as `line`.
[[nodiscard]] parsed_log_line
parse_log_line(const spdlog::details::log_msg& line) noexcept;

} // namespace bridgekeeper::net
