#include "app/bridge/bridge_command.hpp"
#include "app/command_line/program.hpp"
#include "app/command_line/standard_descriptors.hpp"
#include "app/command_line/version.hpp"
#include "app/processes/supervisor_process.hpp"
#include "domain/version.hpp"

#include <iostream>

int main(int argc, char** argv) {
  using namespace bridgekeeper::app;
  if (auto code = supervise_if_asked(argc, argv))
    return *code;
  open_standard_descriptors();
  constexpr add_command parts[] = {set_up_bridge};
  program_info bridge{
      .name = "bridgekeeper-bridge",
      .description = bridge_description,
      .footer = {},
      .versions = version_line("bridgekeeper-bridge", bridgekeeper::version())
                  + library_versions(),
      .parts = parts,
      .has_subcommands = false};
  // execve() can start a program without even its own name.
  auto code = run_program(bridge, {argv + (argc > 0 ? 1 : 0), argv + argc},
                          std::cout, std::cerr);
  return static_cast<int>(code);
}
