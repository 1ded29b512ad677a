#pragma once

#include "app/command_line/command.hpp"

#include <iosfwd>
#include <span>
#include <string>
#include <vector>

namespace bridgekeeper::app {

/// A program that is about to parse its command line.
struct program_info {
  std::string name;
  std::string description;
  /// The end of its help.
  std::string footer;
  /// What --version prints.
  std::string versions;
  /// Called in order. Each adds a subcommand, unless there is only one and it
  /// sets up the program itself.
  std::span<const add_command> parts;
  bool has_subcommands = true;
};

/// Parses `arguments` (without the program's name), runs what they name and
/// returns its exit code. Help goes to `out`, usage errors and advice go to
/// `err`. Returns `exit_code::usage` if a subcommand is needed and none is
/// given, and `exit_code::failure` if a callback throws.
[[nodiscard]] exit_code run_program(const program_info& x,
                                    std::vector<std::string> arguments,
                                    std::ostream& out, std::ostream& err);

} // namespace bridgekeeper::app
