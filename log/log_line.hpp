#pragma once

#include "domain/micro_usd.hpp"

#include <fmt/core.h>

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

namespace spdlog::details {
struct log_msg;
}

namespace bridgekeeper::log {

/// The fields of a log line, besides its text. JSON lines have them as
/// members, text lines as `[agent=demo peer=10.0.0.1]` at the end, and the
/// journal as fields of its own (docs/logging.md). Fields that are not set are
/// omitted. The texts are copied before `line` returns.
struct fields {
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

/// The levels of log lines (docs/logging.md). `warn` is shown as `warning`.
enum class level : unsigned char { debug, info, warn, error, critical };

/// Whether lines of this level are logged. Any thread.
[[nodiscard]] bool is_on(level x) noexcept;

/// Formats and logs a line. Only `line` and the functions below it call this.
/// If formatting fails, the format itself is logged, without fields.
void write(level x, const fields& about, fmt::string_view format,
           fmt::format_args xs) noexcept;

/// Logs a line with its fields through spdlog's default logger, which
/// `app/log/logging.hpp` sets up. Any thread; never throws. The arguments are
/// always evaluated, but formatted only if the level is logged:
///
///     log::line(log::level::warn, {.agent = id, .peer = ip},
///               "frame skipped: {}", why);
///
/// Values chosen by a peer must be passed as fields or arguments, never in the
/// format.
template <class... Ts>
void line(level x, const fields& about, fmt::format_string<Ts...> format,
          const Ts&... xs) noexcept {
  write(x, about, format, fmt::make_format_args(xs...));
}

/// The same without fields; one function per level.
template <class... Ts>
void debug(fmt::format_string<Ts...> format, const Ts&... xs) noexcept {
  write(level::debug, {}, format, fmt::make_format_args(xs...));
}

template <class... Ts>
void info(fmt::format_string<Ts...> format, const Ts&... xs) noexcept {
  write(level::info, {}, format, fmt::make_format_args(xs...));
}

template <class... Ts>
void warn(fmt::format_string<Ts...> format, const Ts&... xs) noexcept {
  write(level::warn, {}, format, fmt::make_format_args(xs...));
}

template <class... Ts>
void error(fmt::format_string<Ts...> format, const Ts&... xs) noexcept {
  write(level::error, {}, format, fmt::make_format_args(xs...));
}

template <class... Ts>
void critical(fmt::format_string<Ts...> format, const Ts&... xs) noexcept {
  write(level::critical, {}, format, fmt::make_format_args(xs...));
}

/// A field of a log line as seen by a formatter.
struct field {
  /// The name in JSON and text lines: `message_id`.
  std::string_view name;
  /// The name in the journal: `BRIDGEKEEPER_DISPATCH`.
  std::string_view journal_name;
  std::string_view value;
  /// The value is a number in JSON.
  bool is_number = false;
};

/// A log line as seen by a formatter.
struct parsed_line {
  static constexpr std::size_t max_fields = 11;

  std::string_view text;
  /// In the order of the members of `fields`.
  std::array<field, max_fields> all = {};
  std::size_t count = 0;

  [[nodiscard]] std::span<const field> fields() const noexcept {
    return {all.data(), count};
  }

  /// The value of a field; empty if the line does not have it.
  [[nodiscard]] std::string_view find(std::string_view name) const noexcept;
};

/// Parses a line that `write` has logged; other lines have no fields. The views
/// are valid as long as `line`.
[[nodiscard]] parsed_line
parse_line(const spdlog::details::log_msg& line) noexcept;

} // namespace bridgekeeper::log
