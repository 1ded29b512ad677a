#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <thread>

namespace bridgekeeper::app {

/// Bounds something that could hang for ever, such as the end of the daemon:
/// a thread of its own calls `act` once `limit` has passed, unless this was
/// destroyed before. The thread inherits the signal mask. Made and destroyed on
/// one thread; `act` should not return to code that is stuck.
class last_resort {
public:
  last_resort(std::chrono::milliseconds limit, std::function<void()> act);

  last_resort(const last_resort&) = delete;
  last_resort& operator=(const last_resort&) = delete;

  /// Waits for `act` if that has begun.
  ~last_resort();

private:
  std::mutex mutex_;
  std::condition_variable wake_up_;
  bool called_off_ = false;
  std::thread thread_;
};

} // namespace bridgekeeper::app
