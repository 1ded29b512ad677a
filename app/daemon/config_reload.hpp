#pragma once

#include "app/config/config_change.hpp"
#include "app/config/load_config.hpp"

#include <optional>

namespace bridgekeeper::app {

/// Reads the configuration once more, from the same flags and environment and
/// from the file as it is now. Nothing where it has mistakes: each is logged
/// with its place, and the configuration in force stands. Main thread.
[[nodiscard]] std::optional<config_change>
read_again(const config_sources& sources, const config& current);

/// Logs what was changed and what could not be. Main thread.
void tell(const config_change& change);

/// Ends what is said about a configuration that was read and is not taken.
inline constexpr const char* configuration_stays =
    "the previous configuration stays in use until the mistake is corrected";

} // namespace bridgekeeper::app
