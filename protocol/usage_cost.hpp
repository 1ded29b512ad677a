#pragma once

#include "protocol/messages.hpp"
#include "protocol/micro_usd.hpp"

namespace bridgekeeper::protocol {

/// What a response's `usage` says the work cost (contract section 5): the first
/// of `cost_usd`, `total_cost_usd`, `usd_cost` and `cost` that is a finite
/// number of at least 0. Else its tokens at `per_1k_tokens`: `total_tokens`,
/// else prompt and completion tokens, else input, output and cache tokens.
/// Text, booleans, NaN and negative numbers count as if they were not there.
[[nodiscard]] micro_usd cost_of(const json_object& usage,
                                micro_usd per_1k_tokens);

} // namespace bridgekeeper::protocol
