#include "app/cli/cli.hpp"

#include <CLI/CLI.hpp>

#include <iostream>

namespace bridgekeeper::app {

void add_version(CLI::App& app, command_outcome& out) {
  auto command = app.add_subcommand(
      "version", "Print the versions of bridgekeeper and its libraries.");
  command->footer("Examples:\n"
                  "  bridgekeeper version\n"
                  "  bridgekeeper version | head -1    bridgekeeper only\n\n"
                  "Exit code: 0.");
  command->callback([&out] {
    std::cout << version_text();
    out.code = exit_code::ok;
  });
}

} // namespace bridgekeeper::app
