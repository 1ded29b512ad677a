#pragma once

#include <string>

namespace bridgekeeper {

/// Who is at the other end of a connection, or of what came over it.
struct origin {
  std::string ip;
  /// The label of the token that let them in; empty where it has none.
  std::string token;
  /// It is a web page that may not call us: see `cors_policy::is_foreign`.
  bool is_foreign_page = false;
};

} // namespace bridgekeeper
