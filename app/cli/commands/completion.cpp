#include "app/cli/commands.hpp"
#include "app/command_line/shell_completion.hpp"

#include <CLI/CLI.hpp>

#include <iostream>
#include <memory>
#include <string>

namespace bridgekeeper::app {

namespace {

constexpr const char* completion_footer = R"(Examples:
  source <(bridgekeeper completion bash)
  bridgekeeper completion zsh > ~/.zfunc/_bridgekeeper

Exit codes: 0 done, 2 unknown shell.)";

} // namespace

void add_completion(CLI::App& app, command_outcome& out) {
  auto command = app.add_subcommand(
      "completion", "Print a script that completes commands in a shell.");
  auto shell = std::make_shared<std::string>();
  command->add_option("SHELL", *shell, "bash or zsh")
      ->check(CLI::IsMember{{"bash", "zsh"}})
      ->type_name("")
      ->required();
  command->footer(completion_footer);
  command->callback([&app, &out, shell] {
    std::cout << (*shell == "bash" ? bash_completion(app)
                                   : zsh_completion(app));
    out.code = exit_code::ok;
  });
}

} // namespace bridgekeeper::app
