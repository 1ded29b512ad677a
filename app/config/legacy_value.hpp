#pragma once

#include "app/config/config_options.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace bridgekeeper::app {

/// What the text of a variable counts as where the replaced server takes it and
/// the option `x` does not; nothing where it counts as it is. Any thread.
[[nodiscard]] std::optional<std::string>
legacy_meaning(const option& x, const legacy_variable& variable,
               std::string_view text);

} // namespace bridgekeeper::app
