#pragma once

#include "app/config/config.hpp"
#include "app/config/option.hpp"

#include <span>
#include <string_view>

namespace bridgekeeper::app {

/// All options, section by section, in the order of listings. The table never
/// changes: any thread.
[[nodiscard]] std::span<const option> options() noexcept;

/// The option of that name, or null.
[[nodiscard]] const option* find_option(std::string_view section,
                                        std::string_view key) noexcept;

} // namespace bridgekeeper::app
