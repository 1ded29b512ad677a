#pragma once

#include <map>
#include <string>

namespace bridgekeeper::app {

/// Environment variables by name.
using environment_map = std::map<std::string, std::string, std::less<>>;

/// The variables of this process. Call it before other threads start.
[[nodiscard]] environment_map current_environment();

} // namespace bridgekeeper::app
