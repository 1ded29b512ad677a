#pragma once

#include "app/config/load_config.hpp"

#include <string>

namespace bridgekeeper::app {

/// Every option with its value and, as a comment, where that comes from. The
/// text is itself a configuration file with the same effect, but for secrets:
/// they are counted, never shown.
[[nodiscard]] std::string effective_config(const load_outcome& x);

} // namespace bridgekeeper::app
