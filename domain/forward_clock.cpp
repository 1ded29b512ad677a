#include "domain/forward_clock.hpp"

namespace bridgekeeper {

namespace {

using std::chrono::microseconds;

/// Time servers adjust a clock by less than this without stepping it.
constexpr microseconds tolerance = std::chrono::seconds{1};

/// How long the system clock is trusted while it runs forward.
constexpr microseconds unchecked = std::chrono::milliseconds{5};

forward_clock& clock_of_the_process() {
  static forward_clock clock;
  return clock;
}

} // namespace

timestamp wall_clock_now() noexcept {
  auto& clock = clock_of_the_process();
  auto system =
      std::chrono::floor<microseconds>(std::chrono::system_clock::now());
  if (auto now = clock.now(system))
    return *now;
  return clock.now(system, std::chrono::steady_clock::now());
}

microseconds wall_clock_offset() noexcept {
  return clock_of_the_process().offset();
}

std::optional<timestamp> forward_clock::now(timestamp system) noexcept {
  if (system >= unchecked_until_.load(std::memory_order_relaxed))
    return std::nullopt;
  auto last = last_.load(std::memory_order_relaxed);
  while (last <= system)
    if (last_.compare_exchange_weak(last, system, std::memory_order_relaxed))
      return system;
  return std::nullopt;
}

timestamp forward_clock::now(timestamp system, steady at) {
  std::lock_guard guard{mutex_};
  auto expected =
      anchor_ + std::chrono::floor<microseconds>(at - anchor_steady_);
  auto is_first = last_.load() == timestamp::min();
  // Once ahead, require the system clock to catch up completely: dropping an
  // offset below the tolerance would make time stand still for that long.
  auto is_ahead = offset_ > microseconds{0};
  if (is_first
      || system >= expected - (is_ahead ? microseconds{0} : tolerance)) {
    anchor_ = system;
    anchor_steady_ = at;
    offset_ = microseconds{0};
    unchecked_until_ = system + unchecked;
    return advance(system);
  }
  offset_ = expected - system;
  unchecked_until_ = timestamp::min();
  return advance(expected);
}

timestamp forward_clock::advance(timestamp x) noexcept {
  auto last = last_.load(std::memory_order_relaxed);
  while (last < x)
    if (last_.compare_exchange_weak(last, x, std::memory_order_relaxed))
      return x;
  return last;
}

microseconds forward_clock::offset() const {
  std::lock_guard guard{mutex_};
  return offset_;
}

} // namespace bridgekeeper
