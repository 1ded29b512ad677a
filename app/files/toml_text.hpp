#pragma once

// toml++ is slow to compile, so no other header includes this one.

#include "app/files/file_error.hpp"
#include "app/files/toml.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace bridgekeeper::app {

/// The line in which `x` begins, counted from 1.
[[nodiscard]] std::size_t line_of(const toml::source_region& x) noexcept;

/// Parses `text`. Returns nothing and appends an error if it is not TOML. No
/// text makes it throw.
[[nodiscard]] std::optional<toml::table>
parse_toml(std::string_view text, std::vector<file_error>& errors);

/// The text of the file at `path`, or nothing and an error.
[[nodiscard]] std::optional<std::string>
read_toml(const std::string& path, std::vector<file_error>& errors);

} // namespace bridgekeeper::app
