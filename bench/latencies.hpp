#pragma once

#include <chrono>
#include <cstddef>
#include <vector>

namespace bridgekeeper::bench {

/// Every time taken, kept until the end so that percentiles are exact.
class latencies {
public:
  void reserve(std::size_t count) {
    samples_.reserve(count);
  }

  void add(std::chrono::nanoseconds took) {
    samples_.push_back(took);
  }

  [[nodiscard]] std::size_t size() const noexcept {
    return samples_.size();
  }

  /// The smallest sample that a share of `quantile` (0 to 1) does not exceed,
  /// in microseconds; 0 without samples. Reorders the samples.
  [[nodiscard]] double quantile_us(double quantile);

private:
  std::vector<std::chrono::nanoseconds> samples_;
};

} // namespace bridgekeeper::bench
