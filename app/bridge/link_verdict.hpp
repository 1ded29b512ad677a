#pragma once

#include "app/client/exit_code.hpp"
#include "net/websocket_client.hpp"

#include <optional>
#include <string>

namespace bridgekeeper::app {

/// What a bridge makes of the end of a connection.
struct link_verdict {
  /// Set where connecting again is pointless: what the process exits with.
  std::optional<exit_code> final;
  /// What happened and, where it is final, what to do next.
  std::string sentence;
};

/// Judges the end of a connection to `server` (`host:port`), made as `agent`;
/// `registered` says whether the server had accepted the registration
/// (contract section 1).
[[nodiscard]] link_verdict judge(const net::websocket_end& end, bool registered,
                                 const std::string& server,
                                 const std::string& agent);

} // namespace bridgekeeper::app
