#pragma once

#include "app/config/config_options.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace bridgekeeper::app {

/// What the text of a variable counts as where the option `x` does not take it:
/// the nearest number or word that it takes or, for what the replaced server
/// does not understand either and ignores, the default. Nothing where the text
/// counts as it is, or where there is no nearest, as for tokens and paths. Any
/// thread.
[[nodiscard]] std::optional<std::string>
legacy_meaning(const option& x, const legacy_variable& variable,
               std::string_view text);

} // namespace bridgekeeper::app
