#pragma once

#include "app/config/config_change.hpp"
#include "app/config/load_config.hpp"

#include <optional>

namespace bridgekeeper::app {

/// Reads the configuration once more, from the same flags and environment and
/// from the file as it is now, and logs what that changes and what it cannot.
/// Nothing where it has mistakes: each is logged with its place, and the
/// configuration in force stands. Main thread.
[[nodiscard]] std::optional<config_change>
read_again(const config_sources& sources, const config& current);

} // namespace bridgekeeper::app
