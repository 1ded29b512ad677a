#pragma once

#include <string_view>

namespace bridgekeeper {

/// Bridgekeeper's own version, such as `0.1.0`, as set in the build files.
[[nodiscard]] std::string_view version() noexcept;

/// The version of the control API: HTTP and `/ws/control`. Another number means
/// that clients must change (docs/stability.md).
inline constexpr std::string_view api_version = "1";

} // namespace bridgekeeper
