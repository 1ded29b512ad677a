#pragma once

#include <string>
#include <string_view>

namespace bridgekeeper::app {

/// Bridgekeeper's own version, `0.1.0`, as the build files say.
[[nodiscard]] std::string_view version() noexcept;

/// The above and those of the libraries that decide how it behaves, a line
/// each: `bridgekeeper 0.1.0`, `CAF 0.17.6`, …
[[nodiscard]] std::string version_text();

} // namespace bridgekeeper::app
