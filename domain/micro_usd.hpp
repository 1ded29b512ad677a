#pragma once

#include <algorithm>
#include <compare>
#include <cstdint>
#include <string>

namespace bridgekeeper {

/// An amount of money in whole millionths of a US dollar, never negative. Not a
/// floating-point number, because limits are compared with sums: ten times
/// $0.10 must be exactly $1.00, whatever was added and subtracted before. Sums
/// saturate at `max` instead of overflowing.
class micro_usd {
public:
  static constexpr std::int64_t max = 1'000'000'000'000'000'000;

  constexpr micro_usd() = default;

  constexpr explicit micro_usd(std::int64_t millionths)
    : count_(std::clamp(millionths, std::int64_t{0}, max)) {}

  /// Rounds to the nearest amount. Returns 0 for negative values and NaN.
  [[nodiscard]] static micro_usd from_usd(double x) noexcept;

  [[nodiscard]] constexpr std::int64_t count() const noexcept {
    return count_;
  }

  [[nodiscard]] double to_usd() const noexcept {
    return static_cast<double>(count_) / 1e6;
  }

  friend constexpr micro_usd operator+(micro_usd x, micro_usd y) noexcept {
    return micro_usd{x.count_ + y.count_};
  }

  /// Returns 0 if `x` is less than `y`.
  friend constexpr micro_usd operator-(micro_usd x, micro_usd y) noexcept {
    return micro_usd{x.count_ - y.count_};
  }

  // The check mistakes the implicit 0 for a null pointer.
  // NOLINTNEXTLINE(modernize-use-nullptr)
  friend constexpr auto operator<=>(micro_usd, micro_usd) = default;

private:
  std::int64_t count_ = 0;
};

/// For example `$1.50`, rounded to the nearest cent.
[[nodiscard]] std::string to_string(micro_usd x);

} // namespace bridgekeeper
