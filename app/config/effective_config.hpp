#pragma once

#include "app/config/load_config.hpp"

#include <string>

namespace bridgekeeper::app {

/// Every option with its value and, as a comment, the source of the value. The
/// text is itself a configuration file with the same effect, except for
/// secrets, which are only counted.
[[nodiscard]] std::string effective_config(const load_outcome& x);

} // namespace bridgekeeper::app
