#pragma once

#include <atomic>
#include <cstdint>

namespace bridgekeeper {

/// Counts for how many readers a shared thing waits, so that its memory is
/// counted once, however many they are. Any thread. A copy starts at zero.
class reader_mark {
public:
  reader_mark() = default;

  reader_mark(const reader_mark&) noexcept {}

  reader_mark& operator=(const reader_mark&) noexcept {
    return *this;
  }

  /// It waits for one more reader. True for the first.
  [[nodiscard]] bool enter() noexcept {
    return readers_.fetch_add(1, std::memory_order_relaxed) == 0;
  }

  /// It waits for one reader less. True for the last.
  [[nodiscard]] bool leave() noexcept {
    return readers_.fetch_sub(1, std::memory_order_relaxed) == 1;
  }

private:
  std::atomic<std::uint32_t> readers_{0};
};

} // namespace bridgekeeper
