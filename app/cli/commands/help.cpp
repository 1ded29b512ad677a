#include "app/cli/commands.hpp"
#include "app/command_line/help_format.hpp"
#include "app/command_line/man_page.hpp"

#include <CLI/CLI.hpp>

#include <filesystem>
#include <fstream>
#include <iostream>
#include <memory>
#include <string>
#include <vector>

namespace bridgekeeper::app {

namespace {

constexpr const char* help_footer = R"(Examples:
  bridgekeeper help
  bridgekeeper help dispatch
  bridgekeeper help token new
  bridgekeeper help --man-pages /usr/local/share/man/man1

Exit codes: 0 done, 1 the pages cannot be written, 2 unknown command.)";

/// Prints the help of the command that `words` name.
exit_code print_help(const CLI::App& program,
                     const std::vector<std::string>& words) {
  // program.help() would print the help of `help`, the parsed subcommand.
  if (words.empty()) {
    std::cout << program.get_formatter()->make_help(
        &program, program.get_name(), CLI::AppFormatMode::Normal);
    return exit_code::ok;
  }
  const auto* command = &program;
  std::string before;
  for (const auto& word : words) {
    auto named = command->get_subcommands(
        [&word](const CLI::App* x) { return x->get_name() == word; });
    before += (before.empty() ? "" : " ") + command->get_name();
    if (named.empty()) {
      std::cerr << "bridgekeeper help: unknown command " << word
                << "\nRun `bridgekeeper help` for a list.\n";
      return exit_code::usage;
    }
    command = named.front();
  }
  std::cout << command->help(before);
  return exit_code::ok;
}

/// Writes a manual page for each command.
exit_code write_man_pages(const CLI::App& program,
                          const std::filesystem::path& directory) {
  for (const auto& x : all_commands(program)) {
    std::ofstream file{directory / man_page_file(x)};
    if (file << man_page(x) && file.flush())
      continue;
    std::cerr << "bridgekeeper help: cannot write "
              << (directory / man_page_file(x)).string()
              << ". Name a directory that exists and can be written.\n";
    return exit_code::failure;
  }
  return exit_code::ok;
}

} // namespace

void add_help(CLI::App& app, command_outcome& out) {
  auto command = app.add_subcommand("help", "Explain a command.");
  auto words = std::make_shared<std::vector<std::string>>();
  command->add_option("COMMAND", *words, "Command to explain; default: all")
      ->type_name("");
  auto directory = std::make_shared<std::string>();
  command
      ->add_option("--man-pages", *directory,
                   wrap_help("Write the manual pages of all commands to this "
                             "directory"))
      ->type_name("DIR");
  command->footer(help_footer);
  command->callback([&app, &out, words, directory] {
    out.code = directory->empty() ? print_help(app, *words)
                                  : write_man_pages(app, *directory);
  });
}

} // namespace bridgekeeper::app
