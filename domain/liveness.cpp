#include "domain/liveness.hpp"

#include <algorithm>

namespace bridgekeeper {

using std::chrono::milliseconds;

void liveness::beat(time_point now) {
  if (beats_ > 0) {
    auto gap = std::chrono::duration_cast<milliseconds>(now - last_beat_);
    gaps_[(beats_ - 1) % remembered_gaps] =
        static_cast<std::uint32_t>(gap.count());
  }
  last_beat_ = now;
  ++beats_;
}

milliseconds liveness::longest_gap() const {
  return milliseconds{*std::max_element(gaps_.begin(), gaps_.end())};
}

milliseconds liveness::silence_allowed() const {
  if (!rule_.adaptive)
    return rule_.timeout;
  auto gap = beats_ < beats_before_trust ? rule_.timeout : longest_gap();
  return std::max(rule_.timeout, gap * 5 / 2);
}

} // namespace bridgekeeper
