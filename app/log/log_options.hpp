#pragma once

#include <string>

namespace bridgekeeper::app {

/// What is logged, and in which format.
struct log_options {
  /// trace, debug, info, warning, error or off.
  std::string level = "info";
  /// text, json, or auto: text on a terminal and JSON lines otherwise.
  std::string format = "auto";
};

} // namespace bridgekeeper::app
