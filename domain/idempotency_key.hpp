#pragma once

#include "domain/timestamp.hpp"

#include <string>

namespace bridgekeeper {

/// Identifies a request that a client may send again: until `until`, a request
/// with the same scope, key and hash is the same one, and one with another hash
/// is a mistake.
struct idempotency_key {
  /// The label of the client's token.
  std::string scope;
  std::string key;
  /// The SHA-256 of what is requested.
  std::string body_hash;
  timestamp until{};
};

} // namespace bridgekeeper
