#pragma once

#include <chrono>
#include <thread>

namespace bridgekeeper::app {

/// Waits until `condition` holds, but no longer than `limit`. Used by the main
/// thread during shutdown, which polls because it is not notified when an actor
/// ends or a connection closes.
template <class Condition>
void wait_until(std::chrono::milliseconds limit, Condition condition) {
  constexpr auto poll_interval = std::chrono::milliseconds{20};
  auto end = std::chrono::steady_clock::now() + limit;
  while (!condition() && std::chrono::steady_clock::now() < end)
    std::this_thread::sleep_for(poll_interval);
}

} // namespace bridgekeeper::app
