#pragma once

#include <cstddef>
#include <cstdint>
#include <random>
#include <vector>

namespace bridgekeeper::test {

/// Random numbers that are the same for a seed everywhere.
class dice {
public:
  explicit dice(std::uint64_t seed) : source_(seed) {}

  /// Less than `end`, which is not 0.
  [[nodiscard]] std::size_t below(std::size_t end) {
    return static_cast<std::size_t>(source_() % end);
  }

  [[nodiscard]] bool percent(std::size_t chance) {
    return below(100) < chance;
  }

private:
  std::mt19937_64 source_;
};

/// Decides what of the unsynced calls has reached the disk: nothing, all, all
/// before a moment, or parts in any order.
class power_failure {
public:
  /// The power fails after so many calls.
  power_failure(std::uint64_t seed, std::size_t calls);

  /// Of unsynced calls that concern one thing (a sector, a size, a name), so
  /// many have reached the disk, the oldest first. `calls` has their numbers.
  [[nodiscard]] std::size_t survivors(const std::vector<std::size_t>& calls);

private:
  enum class style { nothing, everything, in_order, scattered };

  dice dice_;
  style style_;
  /// `in_order`: calls from this one on are lost; the last one before it is
  /// torn.
  std::size_t end_;
  /// `scattered`: how likely all of the calls are kept, in percent.
  std::size_t chance_;
};

} // namespace bridgekeeper::test
