#pragma once

#include "domain/time_point.hpp"

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>

namespace bridgekeeper {

/// Limits how many lines of one kind are logged per second, so that thousands
/// of dispatches per second neither fill the disk nor push other lines out of
/// the log. Suppressed lines are counted and reported with the next one that is
/// logged. Shared by threads, without a lock. Reads no clock; callers pass the
/// time.
class line_budget {
public:
  /// 0: no limit.
  explicit line_budget(std::uint32_t per_second) : limit_(per_second) {}

  /// Nothing if this line is suppressed; otherwise the number of lines
  /// suppressed since the last one that was not. Any thread.
  [[nodiscard]] std::optional<std::size_t> admit(time_point now) noexcept {
    if (!takes_place(now)) {
      suppressed_.fetch_add(1, std::memory_order_relaxed);
      return std::nullopt;
    }
    if (suppressed_.load(std::memory_order_relaxed) == 0)
      return 0;
    return suppressed_.exchange(0, std::memory_order_relaxed);
  }

  /// Any thread.
  void change_limit(std::uint32_t per_second) noexcept {
    limit_.store(per_second, std::memory_order_relaxed);
  }

private:
  /// The second and the number of lines in it, in one word.
  [[nodiscard]] bool takes_place(time_point now) noexcept {
    auto limit = limit_.load(std::memory_order_relaxed);
    if (limit == 0)
      return true;
    auto second = static_cast<std::uint64_t>(
        std::chrono::floor<std::chrono::seconds>(now.time_since_epoch())
            .count());
    auto word = word_.load(std::memory_order_relaxed);
    for (;;) {
      // A thread whose clock was read a moment earlier counts in the newer
      // second.
      auto is_newer = (word >> 32U) < (second & 0xffff'ffffU);
      auto used = is_newer ? 0 : static_cast<std::uint32_t>(word);
      if (used >= limit)
        return false;
      auto next = ((is_newer ? second : word >> 32U) << 32U) | (used + 1);
      if (word_.compare_exchange_weak(word, next, std::memory_order_relaxed))
        return true;
    }
  }

  std::atomic<std::uint32_t> limit_;
  std::atomic<std::uint64_t> word_{0};
  std::atomic<std::size_t> suppressed_{0};
};

} // namespace bridgekeeper
