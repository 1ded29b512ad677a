#pragma once

#include <chrono>
#include <string>
#include <vector>

namespace bridgekeeper::net {

/// A certificate that vouches for itself, and its key, as PEM.
struct self_signed_pair {
  std::string certificate;
  std::string key;
};

/// Makes a P-256 key and a certificate for `hosts` (names and addresses), valid
/// from an hour before `now` for `lifetime`. For a first try, not for a service
/// others rely on. Throws `std::runtime_error` if OpenSSL cannot.
[[nodiscard]] self_signed_pair
make_self_signed(const std::vector<std::string>& hosts,
                 std::chrono::system_clock::time_point now,
                 std::chrono::hours lifetime);

} // namespace bridgekeeper::net
