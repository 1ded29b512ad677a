#pragma once

#include <chrono>
#include <ctime>

namespace bridgekeeper::app {

/// The time since the system was booted, including the time that it was
/// suspended. Deadlines pass while a laptop sleeps, but `steady_clock` stands
/// still then. Any thread.
struct boot_clock {
  using duration = std::chrono::nanoseconds;
  using rep = duration::rep;
  using period = duration::period;
  using time_point = std::chrono::time_point<boot_clock>;
  static constexpr bool is_steady = true;

  [[nodiscard]] static time_point now() noexcept {
    timespec x{};
    ::clock_gettime(CLOCK_BOOTTIME, &x);
    return time_point{std::chrono::seconds{x.tv_sec}
                      + std::chrono::nanoseconds{x.tv_nsec}};
  }
};

} // namespace bridgekeeper::app
