#pragma once

#include "app/client/exit_code.hpp"
#include "net/websocket_client.hpp"

#include <optional>
#include <string>

namespace bridgekeeper::app {

/// How a bridge reacts to the end of a connection.
struct link_verdict {
  /// The exit code of the process; set only if reconnecting is pointless.
  std::optional<exit_code> final;
  /// What happened and, if `final` is set, what to do next.
  std::string sentence;
};

/// Judges the end of a connection to `server` (`host:port`) for the agent id
/// `agent`. `registered` says whether the server had accepted the registration
/// (contract section 1).
[[nodiscard]] link_verdict judge(const net::websocket_end& end, bool registered,
                                 const std::string& server,
                                 const std::string& agent);

} // namespace bridgekeeper::app
