#pragma once

#include <spdlog/spdlog.h>

#include <string>
#include <string_view>
#include <utility>

namespace bridgekeeper::net {

/// The subjects of a log line, besides its text. JSON lines have them as
/// members, text lines as `[agent=demo peer=10.0.0.1]` at the end. Empty fields
/// are omitted. The texts are copied before `log_line` returns.
struct log_fields {
  /// An agent's id, or the id that a bridge claims to have.
  std::string_view agent = {};
  std::string_view message_id = {};
  /// The token of a reason (domain/errc.hpp).
  std::string_view reason = {};
  /// The peer's address without its port.
  std::string_view peer = {};
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

/// A log line as seen by a formatter.
struct parsed_log_line {
  std::string_view text;
  log_fields about;
};

/// Parses the output of `write_log_line`; other lines have no fields. The views
/// are valid as long as `line`.
[[nodiscard]] parsed_log_line
parse_log_line(const spdlog::details::log_msg& line) noexcept;

} // namespace bridgekeeper::net
