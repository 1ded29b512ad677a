#pragma once

#include "app/config/config_options.hpp"

#include <optional>
#include <string>

namespace bridgekeeper::app {

/// Checks `value` and puts it into the field of `target`. An invalid value
/// leaves `out` alone; then the result says what was found and what was
/// expected. In the section [auth] it says only the latter, because the value
/// may be a secret.
[[nodiscard]] std::optional<std::string>
assign(const option& target, config& out, const option_value& value);

} // namespace bridgekeeper::app
