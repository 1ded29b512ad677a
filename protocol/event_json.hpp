#pragma once

#include "domain/event.hpp"
#include "domain/shared_text.hpp"

#include <string>

namespace bridgekeeper::protocol {

/// The event in the contract's JSON format (section 4).
[[nodiscard]] std::string encode(const event& x);

/// The same, shared with all earlier callers that still hold it.
[[nodiscard]] shared_text_ptr text_of(const event& x);

} // namespace bridgekeeper::protocol
