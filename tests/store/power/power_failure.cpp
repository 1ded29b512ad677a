#include "store/power/power_failure.hpp"

#include <algorithm>
#include <array>

namespace bridgekeeper::test {

namespace {

constexpr std::array<std::size_t, 4> chances{10, 50, 90, 99};
/// `in_order`: a moment among so many newest calls.
constexpr std::size_t newest = 200;

} // namespace

power_failure::power_failure(std::uint64_t seed, std::size_t calls)
  : dice_(seed) {
  constexpr std::array styles{
      style::nothing,   style::everything, style::in_order,  style::in_order,
      style::scattered, style::scattered,  style::scattered, style::scattered};
  style_ = styles[dice_.below(styles.size())];
  end_ = calls - dice_.below(std::min(calls, newest) + 1);
  chance_ = chances[dice_.below(chances.size())];
}

std::size_t power_failure::survivors(const std::vector<std::size_t>& calls) {
  switch (style_) {
  case style::nothing:
    return 0;
  case style::everything:
    break;
  case style::in_order: {
    auto first_lost = std::lower_bound(calls.begin(), calls.end(), end_);
    auto kept = static_cast<std::size_t>(first_lost - calls.begin());
    auto is_torn = kept > 0 && calls[kept - 1] + 1 == end_;
    return is_torn && dice_.percent(50) ? kept - 1 : kept;
  }
  case style::scattered:
    if (!calls.empty() && !dice_.percent(chance_))
      return dice_.below(calls.size());
    break;
  }
  return calls.size();
}

} // namespace bridgekeeper::test
