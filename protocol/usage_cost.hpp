#pragma once

#include "domain/messages.hpp"
#include "domain/usage_cost.hpp"

namespace bridgekeeper::protocol {

/// What a response's `usage` says the work cost (contract section 5): the first
/// of `cost_usd`, `total_cost_usd`, `usd_cost` and `cost` that is a finite
/// number of at least 0. Without one, its tokens: `total_tokens`, otherwise
/// prompt and completion tokens, otherwise input, output and cache tokens.
/// Numbers may be written as text (`"0.25"`). Other text, booleans, NaN and
/// negative numbers count as if they were missing. An amount over
/// `max_per_dispatch` is priced by its tokens instead, and costs nothing where
/// these exceed it, too.
[[nodiscard]] usage_cost cost_of(const json_object& usage,
                                 const usage_price& price);

} // namespace bridgekeeper::protocol
