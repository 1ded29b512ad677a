#include "bench/latencies.hpp"

#include <algorithm>
#include <cmath>

namespace bridgekeeper::bench {

double latencies::quantile_us(double quantile) {
  if (samples_.empty())
    return 0;
  auto size = static_cast<double>(samples_.size());
  auto rank = std::clamp(std::ceil(quantile * size), 1.0, size);
  auto nth = samples_.begin() + static_cast<std::ptrdiff_t>(rank) - 1;
  std::nth_element(samples_.begin(), nth, samples_.end());
  return std::chrono::duration<double, std::micro>{*nth}.count();
}

} // namespace bridgekeeper::bench
