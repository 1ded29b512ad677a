#pragma once

#include <atomic>
#include <cstdint>

namespace bridgekeeper {

/// Counts the readers that a shared object is queued for, so that its memory is
/// counted only once. Any thread. A copy starts at zero.
class reader_mark {
public:
  reader_mark() = default;

  reader_mark(const reader_mark&) noexcept {}

  reader_mark& operator=(const reader_mark&) noexcept {
    return *this;
  }

  /// Adds a reader. Returns true for the first one.
  [[nodiscard]] bool enter() noexcept {
    return readers_.fetch_add(1, std::memory_order_relaxed) == 0;
  }

  /// Removes a reader. Returns true for the last one.
  [[nodiscard]] bool leave() noexcept {
    return readers_.fetch_sub(1, std::memory_order_relaxed) == 1;
  }

private:
  std::atomic<std::uint32_t> readers_{0};
};

} // namespace bridgekeeper
