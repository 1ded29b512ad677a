#pragma once

#include <spdlog/spdlog.h>

#include <string>
#include <string_view>
#include <utility>

namespace bridgekeeper::net {

/// What a log line is about, beside its sentence. JSON lines have these as
/// members, text lines as `[agent=demo peer=10.0.0.1]` at the end. Empty ones
/// are left out. The texts are copied before `log_line` returns.
struct log_fields {
  /// An agent's id, or the id that a bridge claims.
  std::string_view agent = {};
  std::string_view message_id = {};
  /// The token of a reason (protocol/errc.hpp).
  std::string_view reason = {};
  /// The peer's address, without its port.
  std::string_view peer = {};
};

/// Logs `text` with its fields through the default logger. Any thread.
void write_log_line(spdlog::level::level_enum level, const log_fields& about,
                    std::string text);

/// The same for a format and its arguments, which are looked at only where the
/// level is logged:
///
///     log_line(spdlog::level::warn, {.agent = id, .peer = ip},
///              "frame skipped: {}", why);
///
/// Values that a peer chooses go into fields or arguments, never into the
/// format.
template <class... Ts>
void log_line(spdlog::level::level_enum level, const log_fields& about,
              spdlog::format_string_t<Ts...> format, Ts&&... xs) {
  if (spdlog::should_log(level))
    write_log_line(level, about, fmt::format(format, std::forward<Ts>(xs)...));
}

/// A log line as a formatter sees it.
struct parsed_log_line {
  std::string_view text;
  log_fields about;
};

/// Takes apart what `write_log_line` put together; any other line has no
/// fields. The views are valid as long as `line`.
[[nodiscard]] parsed_log_line
parse_log_line(const spdlog::details::log_msg& line) noexcept;

} // namespace bridgekeeper::net
