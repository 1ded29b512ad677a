#pragma once

#include "domain/micro_usd.hpp"

#include <optional>

namespace bridgekeeper {

/// How the work of a dispatch is priced.
struct usage_price {
  /// The largest amount that is believed; 0: any.
  micro_usd max_per_dispatch;
  /// For bridges that report tokens and no cost.
  micro_usd per_1k_tokens;
};

/// What the work of a dispatch cost.
struct usage_cost {
  micro_usd cost;
  /// The amount in US dollars that was reported and not believed, if one was.
  std::optional<double> implausible;
};

} // namespace bridgekeeper
