#pragma once

#include "app/client/client_options.hpp"
#include "app/client/daemon_call.hpp"
#include "app/client/exit_code.hpp"

#include <string>

namespace bridgekeeper::app {

/// How a daemon answered a request to work on its own store.
struct store_answer {
  exit_code code = exit_code::ok;
  /// What happened and what to do next; empty if the work is done.
  std::string sentence;
};

/// Asks a daemon to copy its store to a file, given by its absolute path (POST
/// /control/store/backup). Blocks until that is done.
[[nodiscard]] store_answer request_backup(const server_access& access,
                                          const std::string& file);

/// Asks a daemon to give the space of removed rows back to the disk (POST
/// /control/store/vacuum). Blocks until that is done.
[[nodiscard]] store_answer request_vacuum(const server_access& access);

/// Asks a daemon to erase a dispatch or, if `dispatch` is empty, an agent (POST
/// /control/store/erase). Blocks until that is done; then `dispatch` is the
/// whole id.
[[nodiscard]] store_answer request_erasure(const server_access& access,
                                           std::string& dispatch,
                                           const std::string& agent);

/// Explains the reply of the daemon at `server` to a request for `target`.
[[nodiscard]] store_answer explain_store_reply(const daemon_reply& reply,
                                               const std::string& server,
                                               const std::string& target);

} // namespace bridgekeeper::app
