#pragma once

#include <algorithm>
#include <cstddef>
#include <optional>
#include <vector>

namespace bridgekeeper::app {

/// The numbers of the slots of a bridge, from 1. A task holds the lowest free
/// one while it runs, so that a slot's directory has one task at a time.
class slot_numbers {
public:
  /// Takes `preferred` if that is free, otherwise the lowest free number.
  [[nodiscard]] std::size_t take(std::optional<std::size_t> preferred = {}) {
    if (preferred && *preferred <= taken_.size() && !taken_[*preferred - 1]) {
      taken_[*preferred - 1] = true;
      return *preferred;
    }
    auto free = std::find(taken_.begin(), taken_.end(), false);
    if (free == taken_.end())
      free = taken_.insert(free, false);
    *free = true;
    return static_cast<std::size_t>(free - taken_.begin()) + 1;
  }

  /// Frees a number that `take` returned.
  void release(std::size_t slot) {
    taken_[slot - 1] = false;
  }

private:
  std::vector<bool> taken_;
};

} // namespace bridgekeeper::app
