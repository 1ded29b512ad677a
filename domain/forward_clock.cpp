#include "domain/forward_clock.hpp"

#include <algorithm>

namespace bridgekeeper {

namespace {

using std::chrono::microseconds;

/// Time servers adjust a clock by less than this without stepping it.
constexpr microseconds tolerance = std::chrono::seconds{1};

forward_clock& clock_of_the_process() {
  static forward_clock clock;
  return clock;
}

} // namespace

timestamp wall_clock_now() noexcept {
  return clock_of_the_process().now(
      std::chrono::floor<microseconds>(std::chrono::system_clock::now()),
      std::chrono::steady_clock::now());
}

microseconds wall_clock_offset() noexcept {
  return clock_of_the_process().offset();
}

timestamp forward_clock::now(timestamp system, steady at) {
  std::lock_guard guard{mutex_};
  auto expected =
      anchor_ + std::chrono::floor<microseconds>(at - anchor_steady_);
  // Once ahead, require the system clock to catch up completely: dropping an
  // offset below the tolerance would make time stand still for that long.
  auto is_ahead = offset_ > microseconds{0};
  if (!last_ || system >= expected - (is_ahead ? microseconds{0} : tolerance)) {
    anchor_ = system;
    anchor_steady_ = at;
    offset_ = microseconds{0};
    last_ = std::max(last_.value_or(system), system);
  } else {
    offset_ = expected - system;
    last_ = std::max(*last_, expected);
  }
  return *last_;
}

microseconds forward_clock::offset() const {
  std::lock_guard guard{mutex_};
  return offset_;
}

} // namespace bridgekeeper
