#include "store/dispatches/commit_times.hpp"

#include <algorithm>

namespace bridgekeeper::store {

std::optional<commit_times::milliseconds>
commit_times::add(std::chrono::steady_clock::duration took, time_point now) {
  if (times_.empty())
    minute_ = now;
  if (times_.size() < most)
    times_.push_back(std::chrono::duration_cast<milliseconds>(took));
  if (now - minute_ < std::chrono::minutes{1})
    return std::nullopt;
  auto at = times_.begin()
            + static_cast<std::ptrdiff_t>((times_.size() - 1) * 99 / 100);
  std::nth_element(times_.begin(), at, times_.end());
  auto out = *at;
  times_.clear();
  return out > limit ? std::optional{out} : std::nullopt;
}

} // namespace bridgekeeper::store
