#pragma once

#include "app/client/exit_code.hpp"

namespace CLI {
class App;
}

namespace bridgekeeper::app {

/// The outcome of the command that ran. Its callback sets the code.
/// `run_program` owns the object, which outlives all callbacks.
struct command_outcome {
  exit_code code = exit_code::ok;
};

/// Adds commands or flags to `app`: help, examples (the footer) and the
/// callback that runs the command and sets `out.code`. Callbacks run on the
/// main thread after the whole command line has been accepted. The variables
/// that flags are bound to must live as long as the callback, so the callback
/// owns them.
using add_command = void (*)(CLI::App& app, command_outcome& out);

} // namespace bridgekeeper::app
