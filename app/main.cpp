#include "app/cli.hpp"
#include "app/commands.hpp"
#include "app/standard_descriptors.hpp"

#include <cstdlib>
#include <iostream>

#ifdef BRIDGEKEEPER_MIMALLOC
#include <mimalloc.h>
#endif

namespace {

/// Returns the memory of a burst to the system as soon as it is free. By
/// default mimalloc waits, and then does it only when something else is
/// allocated, which in an idle daemon may take long. This is about whole
/// segments (32 MiB, or one large block); small blocks cost what they did.
/// The variable in the environment overrides it.
void give_memory_back() {
#ifdef BRIDGEKEEPER_MIMALLOC
  if (std::getenv("MIMALLOC_SEGMENT_DECOMMIT_DELAY") == nullptr)
    mi_option_set(mi_option_segment_decommit_delay, 0);
#endif
}

} // namespace

int main(int argc, char** argv) {
  using namespace bridgekeeper::app;
  open_standard_descriptors();
  give_memory_back();
  constexpr add_command commands[] = {
      add_serve,    add_check_config, add_login, add_bridge,  add_agents,
      add_dispatch, add_result,       add_costs, add_watch,   add_console,
      add_audit,    add_token,        add_help,  add_version,
  };
  auto code = run_cli(commands, {argv + (argc > 0 ? 1 : 0), argv + argc},
                      std::cout, std::cerr);
  return static_cast<int>(code);
}
