#pragma once

#include <chrono>
#include <string>
#include <vector>

namespace bridgekeeper::net {

/// A self-signed certificate and its key, as PEM.
struct self_signed_pair {
  std::string certificate;
  std::string key;
};

/// Generates a P-256 key and a certificate for `hosts` (names and addresses),
/// valid from one hour before `now` for `lifetime`. Intended for trying the
/// daemon out, not for production. Throws `std::runtime_error` if OpenSSL
/// fails.
[[nodiscard]] self_signed_pair
make_self_signed(const std::vector<std::string>& hosts,
                 std::chrono::system_clock::time_point now,
                 std::chrono::hours lifetime);

} // namespace bridgekeeper::net
