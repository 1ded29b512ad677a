#pragma once

#include <chrono>
#include <thread>

namespace bridgekeeper::app {

/// Waits until `condition` holds, at most for `limit`. For the main thread,
/// when the daemon ends: nobody tells it of each that is gone.
template <class Condition>
void wait_until(std::chrono::milliseconds limit, Condition condition) {
  constexpr auto poll_interval = std::chrono::milliseconds{20};
  auto end = std::chrono::steady_clock::now() + limit;
  while (!condition() && std::chrono::steady_clock::now() < end)
    std::this_thread::sleep_for(poll_interval);
}

} // namespace bridgekeeper::app
