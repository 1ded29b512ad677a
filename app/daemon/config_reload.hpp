#pragma once

#include "app/config/config_change.hpp"
#include "app/config/load_config.hpp"

#include <optional>

namespace bridgekeeper::app {

/// Reads the configuration again, from the same flags and environment and from
/// the current contents of the file. Returns nothing if the configuration is
/// invalid: each error is logged with its location, and the current
/// configuration stays in use. Main thread.
[[nodiscard]] std::optional<config_change>
read_again(const config_sources& sources, const config& current);

/// Logs which settings were changed and which need a restart. Main thread.
void tell(const config_change& change);

/// The log line after the errors of a configuration that was rejected.
inline constexpr const char* configuration_stays =
    "the previous configuration stays in use until the error is corrected";

} // namespace bridgekeeper::app
