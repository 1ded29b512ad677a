#include "domain/micro_usd.hpp"

#include <cmath>

namespace bridgekeeper {

micro_usd micro_usd::from_usd(double x) noexcept {
  auto millionths = x * 1e6;
  if (!(millionths > 0)) // also true for NaN
    return {};
  if (millionths >= static_cast<double>(max))
    return micro_usd{max};
  return micro_usd{std::llround(millionths)};
}

std::string to_string(micro_usd x) {
  auto cents = (x.count() + 5000) / 10'000;
  auto digits = std::to_string(100 + cents % 100).substr(1);
  return "$" + std::to_string(cents / 100) + "." + digits;
}

} // namespace bridgekeeper
