#pragma once

#include <cstdint>
#include <string>

namespace bridgekeeper::app {

/// What is logged, and in which format.
struct log_options {
  /// trace, debug, info, warning, error or off.
  std::string level = "info";
  /// text, json, or auto: entries with fields in systemd's journal, text on a
  /// terminal, and JSON lines otherwise.
  std::string format = "auto";
  /// The most dispatches whose start and end are logged, per second; 0: no
  /// limit.
  std::uint32_t max_dispatches_per_second = 100;
};

} // namespace bridgekeeper::app
