#pragma once

#include <string>

namespace bridgekeeper {

/// The remote end of a connection, or the source of a message.
struct origin {
  std::string ip;
  /// The label of the token that the peer authenticated with; empty if none.
  std::string token;
  /// The peer is a web page that may not call the daemon: see
  /// `cors_policy::is_foreign`.
  bool is_foreign_page = false;
};

} // namespace bridgekeeper
