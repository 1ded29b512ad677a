#pragma once

#include <string>
#include <vector>

namespace CLI {
class App;
class Option;
} // namespace CLI

namespace bridgekeeper::app {

/// A command and the words that lead to it: `bridgekeeper token new`.
struct named_command {
  std::string name;
  const CLI::App* command;
};

/// The words from the program down to `command`: `bridgekeeper token new`.
[[nodiscard]] std::string full_name(const CLI::App& command);

/// `program` and all commands below it, each before those below it.
[[nodiscard]] std::vector<named_command> all_commands(const CLI::App& program);

/// The commands directly below `command`.
[[nodiscard]] std::vector<const CLI::App*>
commands_below(const CLI::App& command);

/// The flags of `command`, in the order of its help.
[[nodiscard]] std::vector<const CLI::Option*> flags_of(const CLI::App& command);

/// The arguments of `command` that are not flags.
[[nodiscard]] std::vector<const CLI::Option*>
positionals_of(const CLI::App& command);

} // namespace bridgekeeper::app
