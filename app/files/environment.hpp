#pragma once

#include <map>
#include <string>

namespace bridgekeeper::app {

/// Environment variables by name.
using environment = std::map<std::string, std::string, std::less<>>;

/// This process's. Call it before there are other threads.
[[nodiscard]] environment current_environment();

} // namespace bridgekeeper::app
