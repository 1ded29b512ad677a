#pragma once

#include <string>
#include <string_view>

namespace bridgekeeper::app {

/// The versions of the libraries that determine the behavior of every program
/// of Bridgekeeper, one per line: `Boost 1.81.0`, …
[[nodiscard]] std::string library_versions();

/// One line of such a list.
[[nodiscard]] std::string version_line(std::string_view name,
                                       std::string_view number);

/// `1.81.0`.
[[nodiscard]] std::string dotted(int major, int minor, int patch);

} // namespace bridgekeeper::app
