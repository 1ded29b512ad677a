#pragma once

#include <string>

namespace bridgekeeper::actors {

/// What an address counts under where people are told apart by it: itself, or
/// of IPv6 the first address of its /64, because whoever has one address has
/// all that begin like it. What is no address counts as itself.
[[nodiscard]] std::string counted_address(const std::string& ip);

} // namespace bridgekeeper::actors
