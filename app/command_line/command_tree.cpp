#include "app/command_line/command_tree.hpp"

#include <CLI/CLI.hpp>

#include <algorithm>

namespace bridgekeeper::app {

namespace {

void collect(const std::string& before, const CLI::App& command,
             std::vector<named_command>& out) {
  auto name = before + command.get_name();
  out.push_back({name, &command});
  for (const auto* x : commands_below(command))
    collect(name + " ", *x, out);
}

std::vector<const CLI::Option*> options_of(const CLI::App& command,
                                           bool positional) {
  auto out = command.get_options([positional](const CLI::Option* x) {
    return x->get_positional() == positional;
  });
  return out;
}

} // namespace

std::string full_name(const CLI::App& command) {
  const auto* parent = command.get_parent();
  return parent == nullptr ? command.get_name()
                           : full_name(*parent) + " " + command.get_name();
}

std::vector<named_command> all_commands(const CLI::App& program) {
  std::vector<named_command> out;
  collect("", program, out);
  return out;
}

std::vector<const CLI::App*> commands_below(const CLI::App& command) {
  // An empty group hides a command.
  return command.get_subcommands(
      [](const CLI::App* x) { return !x->get_group().empty(); });
}

std::vector<const CLI::Option*> flags_of(const CLI::App& command) {
  return options_of(command, false);
}

std::vector<const CLI::Option*> positionals_of(const CLI::App& command) {
  return options_of(command, true);
}

} // namespace bridgekeeper::app
