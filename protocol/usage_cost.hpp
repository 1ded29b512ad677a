#pragma once

#include "domain/messages.hpp"
#include "domain/usage_cost.hpp"

namespace bridgekeeper::protocol {

/// The cost of a dispatch according to its response's `usage` (contract section
/// 5): the first of `cost_usd`, `total_cost_usd`, `usd_cost` and `cost` that is
/// a finite number of at least 0. Without one, it is computed from the tokens:
/// `total_tokens`, otherwise prompt and completion tokens, otherwise input,
/// output and cache tokens. Numbers may be written as text (`"0.25"`). Other
/// text, booleans, NaN and negative numbers are ignored. An amount over
/// `max_per_dispatch` is replaced by the price of the tokens, or by 0 if that
/// exceeds it as well.
[[nodiscard]] usage_cost cost_of(const json_object& usage,
                                 const usage_price& price);

} // namespace bridgekeeper::protocol
