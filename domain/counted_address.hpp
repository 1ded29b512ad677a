#pragma once

#include <string>

namespace bridgekeeper {

/// The key under which limits count an address: an IPv4 address itself, or the
/// first address of an IPv6 address's /64, because a peer that has one address
/// of a /64 has all of them. An IPv4-mapped IPv6 address (`::ffff:192.0.2.1`)
/// counts as IPv4. Text that is not an address is returned unchanged. Any
/// thread.
[[nodiscard]] std::string counted_address(const std::string& ip);

} // namespace bridgekeeper
