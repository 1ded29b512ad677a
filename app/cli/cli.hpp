#pragma once

#include "app/cli/commands.hpp"

#include <iosfwd>
#include <span>
#include <string>
#include <vector>

namespace bridgekeeper::app {

/// The versions of Bridgekeeper and of the libraries that determine its
/// behavior, one per line: `bridgekeeper 0.1.0`, `CAF 0.17.6`, …
[[nodiscard]] std::string version_text();

/// Parses `arguments` (without the program's name), runs the subcommand that
/// they name and returns its exit code. `commands` lists the subcommands. Help
/// goes to `out`, usage errors and advice go to `err`. Returns
/// `exit_code::usage` if no subcommand is given and `exit_code::failure` if a
/// subcommand throws.
[[nodiscard]] exit_code run_cli(std::span<const add_command> commands,
                                std::vector<std::string> arguments,
                                std::ostream& out, std::ostream& err);

} // namespace bridgekeeper::app
