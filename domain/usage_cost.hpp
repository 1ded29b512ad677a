#pragma once

#include "domain/micro_usd.hpp"

#include <optional>

namespace bridgekeeper {

/// How to compute the cost of a dispatch.
struct usage_price {
  /// A larger reported cost is not believed; 0: any cost is.
  micro_usd max_per_dispatch;
  /// For bridges that report tokens but no cost.
  micro_usd per_1k_tokens;
};

/// The cost of a dispatch.
struct usage_cost {
  micro_usd cost;
  /// The reported amount in US dollars, if it was not believed.
  std::optional<double> implausible;
};

} // namespace bridgekeeper
