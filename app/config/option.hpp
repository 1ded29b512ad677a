#pragma once

#include "app/config/option_kind.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace bridgekeeper::app {

/// When a running daemon applies a changed value.
enum class takes_effect : std::uint8_t {
  /// On a reload. Limits and timeouts of a connection apply to new connections.
  on_reload,
  at_start,
};

/// One setting. The file, the environment, the flags, their help and all checks
/// are made from this row; there is no second place.
struct option {
  /// The table of the file.
  std::string_view section;
  std::string_view key;
  option_kind kind;
  /// A sentence for the help text. The default is added to it, unless the
  /// sentence itself names one.
  std::string_view help;
  /// `--listen`; empty for an option without a flag.
  std::string_view flag = "";
  takes_effect when = takes_effect::on_reload;
};

/// `heartbeat.timeout`.
[[nodiscard]] std::string full_name(const option& x);

/// `BRIDGEKEEPER_HEARTBEAT_TIMEOUT`.
[[nodiscard]] std::string variable_name(const option& x);

/// Whether the value must not be shown.
[[nodiscard]] bool is_secret(const option& x) noexcept;

} // namespace bridgekeeper::app
