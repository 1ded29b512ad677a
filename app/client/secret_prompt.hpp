#pragma once

#include <string>

namespace bridgekeeper::app {

/// Reads a line from standard input and removes surrounding white space. If
/// standard input is a terminal, prints `question` and hides the input. Empty
/// at the end of the input.
[[nodiscard]] std::string read_secret(const std::string& question);

} // namespace bridgekeeper::app
