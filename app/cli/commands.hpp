#pragma once

#include "app/command_line/command.hpp"

namespace bridgekeeper::app {

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

void add_explain(CLI::App& app, command_outcome& out);

void add_costs(CLI::App& app, command_outcome& out);

void add_health(CLI::App& app, command_outcome& out);

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

void add_completion(CLI::App& app, command_outcome& out);

void add_help(CLI::App& app, command_outcome& out);

void add_version(CLI::App& app, command_outcome& out);

} // namespace bridgekeeper::app
