#pragma once

#include "domain/explanation.hpp"

#include <string>

namespace bridgekeeper::protocol {

/// The body of `GET /control/agents/{id}/explain` and its neighbors.
[[nodiscard]] std::string encode(const explanation& x);

} // namespace bridgekeeper::protocol
