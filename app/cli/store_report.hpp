#pragma once

#include "store/dispatches/maintenance.hpp"

#include <cstdint>
#include <exception>
#include <string>
#include <string_view>
#include <vector>

namespace bridgekeeper::app {

// What the `store` commands tell a person. Everything is safe to print on a
// terminal.

/// In the largest unit that leaves a whole number, with one decimal: `906.4
/// MiB`.
[[nodiscard]] std::string rounded_size(std::uint64_t bytes);

/// A table of everything that `store stats` knows about the store at `path`.
[[nodiscard]] std::string store_table(const store::store_statistics& x,
                                      const std::string& path);

/// The same as one JSON object.
[[nodiscard]] std::string store_json(const store::store_statistics& x,
                                     const std::string& path);

/// The result of one check: `ok`, or `BROKEN` and a line for each finding.
[[nodiscard]] std::string check_lines(std::string_view rule,
                                      const std::vector<std::string>& findings);

/// What an export could not read.
[[nodiscard]] std::string lost_lines(const std::vector<store::lost_rows>& lost);

/// That a check has found damage in the store at `path`, and what to do next.
[[nodiscard]] std::string damage_text(const std::string& path);

/// Explains an exception of the store at `path`, and what to do next.
/// `command` is the subcommand of `store` that failed.
[[nodiscard]] std::string store_problem(const std::exception& problem,
                                        const std::string& path,
                                        std::string_view command);

} // namespace bridgekeeper::app
