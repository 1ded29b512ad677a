#include "app/command_line/flags_from_file.hpp"

#include "app/files/flag_file.hpp"
#include "app/text/suggestion.hpp"

#include <CLI/CLI.hpp>

#include <string_view>
#include <vector>

namespace bridgekeeper::app {

namespace {

/// `FILE:LINE: what`.
CLI::ValidationError mistake(const std::string& path, std::size_t line,
                             const std::string& what) {
  auto place = line == 0 ? path : path + ":" + std::to_string(line);
  return {place + ": " + what, CLI::ExitCodes::ValidationError};
}

/// Flags that make no sense in a file.
bool is_only_for_command_lines(const std::string& name) {
  return name == "config" || name == "help" || name == "check";
}

std::string suggest(const CLI::App& command, const std::string& name) {
  std::vector<std::string> names;
  for (const auto* option : command.get_options())
    for (const auto& known : option->get_lnames())
      if (!is_only_for_command_lines(known))
        names.push_back(known);
  return did_you_mean(
      name, std::vector<std::string_view>{names.begin(), names.end()});
}

void set(CLI::Option& option, const std::vector<std::string>& values) {
  for (const auto& value : values)
    option.add_result(value);
  option.run_callback();
}

} // namespace

void set_flags_from_file(CLI::App& command, const std::string& path) {
  auto file = read_flag_file(path);
  if (!file.errors.empty())
    throw mistake(path, file.errors.front().line, file.errors.front().text);
  for (const auto& [name, values, line] : file.settings) {
    auto* option = command.get_option_no_throw("--" + name);
    if (option == nullptr || is_only_for_command_lines(name))
      throw mistake(path, line,
                    name + ": unknown key" + suggest(command, name));
    if (option->count() > 0 || values.empty())
      continue;
    try {
      set(*option, values);
    } catch (const CLI::Error& error) {
      throw mistake(path, line, error.what());
    }
  }
}

} // namespace bridgekeeper::app
