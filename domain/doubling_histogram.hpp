#pragma once

#include "domain/counters.hpp"

#include <array>
#include <bit>
#include <chrono>
#include <cstddef>
#include <cstdint>

namespace bridgekeeper {

/// Counts values in buckets whose upper bounds are `Unit`, 2 `Unit`, 4 `Unit`
/// and so on, `Bounds` of them, and one bucket for all larger values. Finding a
/// bucket takes a division by a constant and the position of a bit. One thread
/// observes values and any thread reads.
template <std::uint64_t Unit, std::size_t Bounds>
class doubling_histogram {
public:
  static_assert(Unit > 0 && Bounds > 0 && Bounds < 64);

  static constexpr std::size_t bounds = Bounds;

  /// The largest value of the bucket `index`, which is less than `Bounds`.
  [[nodiscard]] static constexpr std::uint64_t
  upper_bound(std::size_t index) noexcept {
    return Unit << index;
  }

  void observe(std::uint64_t value) noexcept {
    ++counts_[bucket_of(value)];
    sum_ += value;
  }

  /// The number of values in a bucket; `Bounds` is the bucket of those that are
  /// larger than all bounds.
  [[nodiscard]] std::uint64_t count(std::size_t index) const noexcept {
    return counts_[index].value();
  }

  [[nodiscard]] std::uint64_t sum() const noexcept {
    return sum_.value();
  }

private:
  [[nodiscard]] static constexpr std::size_t
  bucket_of(std::uint64_t value) noexcept {
    if (value <= Unit)
      return 0;
    auto index = static_cast<std::size_t>(std::bit_width((value - 1) / Unit));
    return index < Bounds ? index : Bounds;
  }

  std::array<counter, Bounds + 1> counts_;
  counter sum_;
};

/// The same for durations, in nanoseconds. A negative duration, which only a
/// defect could cause, counts as 0.
template <std::uint64_t Unit, std::size_t Bounds>
void observe(doubling_histogram<Unit, Bounds>& into,
             std::chrono::nanoseconds took) noexcept {
  into.observe(took.count() > 0 ? static_cast<std::uint64_t>(took.count()) : 0);
}

} // namespace bridgekeeper
