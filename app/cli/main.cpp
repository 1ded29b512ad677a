#include "app/cli/cli.hpp"
#include "app/cli/commands.hpp"
#include "app/command_line/standard_descriptors.hpp"
#include "app/processes/supervisor_process.hpp"

#include <iostream>

int main(int argc, char** argv) {
  using namespace bridgekeeper::app;
  if (auto code = supervise_if_asked(argc, argv))
    return *code;
  open_standard_descriptors();
  constexpr add_command commands[] = {
      add_serve,    add_check_config, add_login,      add_logout,   add_bridge,
      add_agents,   add_cordon,       add_drain,      add_uncordon, add_explain,
      add_dispatch, add_dispatches,   add_result,     add_attach,   add_cancel,
      add_costs,    add_health,       add_watch,      add_console,  add_audit,
      add_store,    add_token,        add_completion, add_help,     add_version,
  };
  // execve() can start a program without even its own name.
  auto code = run_cli(commands, {argv + (argc > 0 ? 1 : 0), argv + argc},
                      std::cout, std::cerr);
  return static_cast<int>(code);
}
