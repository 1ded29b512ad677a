#pragma once

#include "app/cli/commands.hpp"

#include <iosfwd>
#include <span>
#include <string>
#include <vector>

namespace bridgekeeper::app {

/// Reads `arguments` (without the program's name), runs the subcommand they
/// name among `commands` and returns its exit code. Help goes to `out`; what is
/// wrong with the arguments, and what to do about it, to `err`. No subcommand
/// at all is `exit_code::usage`; an exception out of one is
/// `exit_code::failure`.
[[nodiscard]] exit_code run_cli(std::span<const add_command> commands,
                                std::vector<std::string> arguments,
                                std::ostream& out, std::ostream& err);

} // namespace bridgekeeper::app
