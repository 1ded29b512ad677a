#pragma once

#include "app/config/config.hpp"

#include <string_view>

namespace bridgekeeper::app {

/// Makes spdlog write to standard error as `x` says: text where that is a
/// terminal and JSON lines where it is not, unless the format is named. The
/// default logger is called `bridgekeeper`. Call it once before there are other
/// threads; logging itself is thread-safe from then on. `x` was checked by
/// `load_config`; what it would refuse counts as `info` and `auto`.
void set_up_logging(const config::log_section& x);

/// Changes what is logged from now on, by all loggers. Returns false and
/// changes nothing where there is no such level. Any thread.
bool set_log_level(std::string_view name);

/// The name of the level in force.
[[nodiscard]] std::string_view log_level() noexcept;

} // namespace bridgekeeper::app
