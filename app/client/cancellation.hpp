#pragma once

#include "app/client/client_options.hpp"
#include "app/client/daemon_call.hpp"
#include "app/client/exit_code.hpp"

#include <string>
#include <string_view>

namespace bridgekeeper::app {

/// How a daemon answered a request to cancel a dispatch.
struct cancellation {
  exit_code code = exit_code::ok;
  /// What happened and, unless the dispatch was cancelled, what to do next.
  std::string sentence;
};

/// Cancels a dispatch. A daemon with a store also finds it by a short id.
/// Blocks; any thread.
[[nodiscard]] cancellation cancel_dispatch(const server_access& access,
                                           const std::string& id);

/// Explains the reply of the daemon at `server` to POST
/// /control/dispatches/{id}/cancel.
[[nodiscard]] cancellation explain_cancel(const daemon_reply& reply,
                                          const std::string& server,
                                          const std::string& id);

/// If a person is there to answer, asks whether to cancel the dispatch as well,
/// and cancels it if the answer is yes. Otherwise does nothing. Main thread.
void offer_cancellation(const server_access& access, const std::string& id);

/// Whether the line is a yes.
[[nodiscard]] bool is_yes(std::string_view line);

} // namespace bridgekeeper::app
