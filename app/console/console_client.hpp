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
  /// Run this and leave; empty: a prompt.
  std::string command;
};

/// Where the console of the daemon that uses `data_dir` is: `address` where it
/// is not empty, else what daemon.json says, else 127.0.0.1:8001. Fails with
/// `unavailable` where that daemon has none: whoever listens on the usual port
/// is another, and no token is for it.
[[nodiscard]] result<std::string> find_console(const std::string& address,
                                               const std::string& data_dir);

/// Attaches to a daemon's console over CAF's network layer and runs commands;
/// answers go to standard output. Main thread; returns when the operator
/// leaves.
[[nodiscard]] exit_code run_console(const console_client_options& options);

} // namespace bridgekeeper::console
