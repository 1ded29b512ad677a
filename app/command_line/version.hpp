#pragma once

#include <string>
#include <string_view>

namespace bridgekeeper::app {

/// Bridgekeeper's own version, such as `0.1.0`, as set in the build files.
[[nodiscard]] std::string_view version() noexcept;

/// The versions of the libraries that determine the behavior of every program
/// of Bridgekeeper, one per line: `Boost 1.81.0`, …
[[nodiscard]] std::string library_versions();

/// One line of such a list.
[[nodiscard]] std::string version_line(std::string_view name,
                                       std::string_view number);

/// `1.81.0`.
[[nodiscard]] std::string dotted(int major, int minor, int patch);

} // namespace bridgekeeper::app
