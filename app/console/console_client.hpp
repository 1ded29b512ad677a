#pragma once

#include "app/client/exit_code.hpp"
#include "app/console/terms.hpp"
#include "domain/result.hpp"

#include <string>

namespace bridgekeeper::console {

struct console_client_options {
  /// HOST:PORT of the daemon's console.
  std::string address;
  std::string token;
  /// The command to run; empty for a prompt.
  std::string command;
  /// Print live events as JSON instead of lines for people.
  bool json = false;
};

/// Finds the address of the console. The order of precedence is: `address`
/// unless it is empty, `data_dir`/daemon.json, 127.0.0.1:8001. Fails with
/// `unavailable` if the daemon of `data_dir` has no console: another daemon may
/// listen on the default port, and this daemon's token must not be sent there.
[[nodiscard]] result<std::string> find_console(const std::string& address,
                                               const std::string& data_dir);

/// Attaches to a daemon's console over CAF's network layer and runs commands,
/// either `options.command` or commands from standard input.
/// Answers go to standard output. Returns when the operator quits. Main thread.
[[nodiscard]] exit_code run_console(const console_client_options& options);

} // namespace bridgekeeper::console
