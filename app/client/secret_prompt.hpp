#pragma once

#include <string>

namespace bridgekeeper::app {

/// A line of standard input, without white space around it. A person is asked
/// with `question`, and a terminal does not show what is typed. Empty at the
/// end of the input.
[[nodiscard]] std::string read_secret(const std::string& question);

} // namespace bridgekeeper::app
