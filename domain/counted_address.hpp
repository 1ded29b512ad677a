#pragma once

#include <string>

namespace bridgekeeper {

/// What an address counts under where peers are told apart by it: itself, or
/// of IPv6 the first address of its /64, because a peer that has one address
/// has all that begin like it. An IPv4 address that is written as one of IPv6
/// (`::ffff:192.0.2.1`) counts as IPv4. Text that is not an address counts as
/// itself. Any thread.
[[nodiscard]] std::string counted_address(const std::string& ip);

} // namespace bridgekeeper
