#pragma once

#include "app/client/control_messages.hpp"
#include "app/client/daemon_call.hpp"
#include "app/client/exit_code.hpp"

#include <string>
#include <string_view>
#include <variant>

namespace bridgekeeper::app {

/// Why a daemon has no record of a dispatch.
struct missing_record {
  exit_code code = exit_code::failure;
  /// What happened and what to do next.
  std::string sentence;
  /// Whether the daemon itself may answer later.
  bool retry_helps = false;
};

using found_record = std::variant<record_answer, missing_record>;

/// Asks a daemon for the record of a dispatch (GET /control/dispatches/{id}). A
/// daemon with a store also finds it by a short id. If the daemon does not know
/// the dispatch, the sentence says that it has no `wanted` dispatch. Blocks;
/// any thread.
[[nodiscard]] found_record find_record(const server_access& access,
                                       const std::string& id,
                                       std::string_view wanted = "result for");

/// Reads the reply of the daemon at `server` to a request about the dispatch
/// `id`.
[[nodiscard]] found_record read_record(const daemon_reply& reply,
                                       const std::string& server,
                                       const std::string& id,
                                       std::string_view wanted = "result for");

/// The path of a dispatch's record.
[[nodiscard]] std::string record_path(const std::string& id);

} // namespace bridgekeeper::app
