#pragma once

#include "net/endpoint.hpp"

namespace bridgekeeper::net {

/// Whether other machines cannot reach the host of `x`: it is `localhost`, or
/// an address of the loopback interface. A name such as `127.example` is not.
[[nodiscard]] bool is_loopback(const endpoint& x) noexcept;

} // namespace bridgekeeper::net
