#pragma once

#include <span>
#include <string>
#include <string_view>

namespace bridgekeeper::app {

/// The member of `known` that `text` was probably meant to be; empty if none is
/// close enough.
[[nodiscard]] std::string_view closest(std::string_view text,
                                       std::span<const std::string_view> known);

/// `; did you mean X?`, or nothing. To be appended to "unknown …".
[[nodiscard]] std::string did_you_mean(std::string_view text,
                                       std::span<const std::string_view> known);

} // namespace bridgekeeper::app
