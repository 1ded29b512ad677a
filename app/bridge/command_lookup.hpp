#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace bridgekeeper::app {

/// What a command would start.
struct found_command {
  /// The program's file; empty if the command is too complex to tell, or a
  /// command of the shell itself.
  std::string program;
  /// The name of a program that does not exist.
  std::optional<std::string> missing;
};

/// Looks up the program of a simple command, as the shell would in `workdir`
/// with `environment` (NAME=VALUE entries).
[[nodiscard]] found_command
look_up_command(std::string_view command, const std::string& workdir,
                std::span<const std::string> environment);

} // namespace bridgekeeper::app
