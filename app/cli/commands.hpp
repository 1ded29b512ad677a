#pragma once

#include "app/client/exit_code.hpp"

namespace CLI {
class App;
}

namespace bridgekeeper::app {

/// The outcome of the subcommand that ran. Its callback sets the code.
/// `run_cli` owns the object, which outlives all callbacks.
struct command_outcome {
  exit_code code = exit_code::ok;
};

/// Adds one subcommand to `app`: flags, help, examples (the footer) and the
/// callback that runs the subcommand and sets `out.code`. Callbacks run on the
/// main thread after the whole command line has been accepted. The variables
/// that flags are bound to must live as long as the callback, so the callback
/// owns them.
using add_command = void (*)(CLI::App& app, command_outcome& out);

// -- the daemon ---------------------------------------------------------------

void add_serve(CLI::App& app, command_outcome& out);

void add_check_config(CLI::App& app, command_outcome& out);

void add_token(CLI::App& app, command_outcome& out);

// -- clients of a daemon ------------------------------------------------------

void add_login(CLI::App& app, command_outcome& out);

void add_logout(CLI::App& app, command_outcome& out);

void add_bridge(CLI::App& app, command_outcome& out);

void add_agents(CLI::App& app, command_outcome& out);

void add_cordon(CLI::App& app, command_outcome& out);

void add_drain(CLI::App& app, command_outcome& out);

void add_uncordon(CLI::App& app, command_outcome& out);

void add_costs(CLI::App& app, command_outcome& out);

void add_dispatch(CLI::App& app, command_outcome& out);

void add_dispatches(CLI::App& app, command_outcome& out);

void add_result(CLI::App& app, command_outcome& out);

void add_cancel(CLI::App& app, command_outcome& out);

void add_attach(CLI::App& app, command_outcome& out);

void add_watch(CLI::App& app, command_outcome& out);

void add_console(CLI::App& app, command_outcome& out);

// -- without a daemon ---------------------------------------------------------

void add_store(CLI::App& app, command_outcome& out);

void add_audit(CLI::App& app, command_outcome& out);

void add_help(CLI::App& app, command_outcome& out);

void add_version(CLI::App& app, command_outcome& out);

} // namespace bridgekeeper::app
