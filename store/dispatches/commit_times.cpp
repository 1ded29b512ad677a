#include "store/dispatches/commit_times.hpp"

#include <algorithm>

namespace bridgekeeper::store {

void commit_times::add(std::chrono::steady_clock::duration took,
                       time_point now) {
  if (!minute_)
    minute_ = now;
  if (times_.size() < most)
    times_.push_back(std::chrono::duration_cast<milliseconds>(took));
}

std::optional<commit_times::milliseconds>
commit_times::end_minute(time_point now) {
  if (!minute_ || now - *minute_ < std::chrono::minutes{1})
    return std::nullopt;
  minute_ = now;
  if (times_.empty())
    return milliseconds{0};
  auto at = times_.begin()
            + static_cast<std::ptrdiff_t>((times_.size() - 1) * 99 / 100);
  std::nth_element(times_.begin(), at, times_.end());
  auto out = *at;
  times_.clear();
  return out;
}

std::string slow_disk_sentence(commit_times::milliseconds p99) {
  return "The disk with the data directory is slow: of the commits in the last "
         "minute, one in a hundred took longer than "
         + std::to_string(p99.count()) + " ms";
}

} // namespace bridgekeeper::store
