#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <thread>

namespace bridgekeeper::app {

/// Limits the duration of something that could hang forever, such as the end of
/// the daemon: a separate thread calls `act` after `limit`, unless this object
/// is destroyed first. The thread inherits the signal mask. Must be created and
/// destroyed on the same thread. `act` should end the process, because the
/// destructor may never be reached.
class last_resort {
public:
  last_resort(std::chrono::milliseconds limit, std::function<void()> act);

  last_resort(const last_resort&) = delete;
  last_resort& operator=(const last_resort&) = delete;

  /// Waits for `act` if it has already started.
  ~last_resort();

private:
  std::mutex mutex_;
  std::condition_variable wake_up_;
  bool called_off_ = false;
  std::thread thread_;
};

} // namespace bridgekeeper::app
