#pragma once

#include <string>
#include <string_view>

namespace bridgekeeper::app {

/// Bridgekeeper's own version, such as `0.1.0`, as set in the build files.
[[nodiscard]] std::string_view version() noexcept;

/// The versions of Bridgekeeper and of the libraries that determine its
/// behavior, one per line: `bridgekeeper 0.1.0`, `CAF 0.17.6`, …
[[nodiscard]] std::string version_text();

} // namespace bridgekeeper::app
