#include "app/daemon/last_resort.hpp"

#include <utility>

namespace bridgekeeper::app {

last_resort::last_resort(std::chrono::milliseconds limit,
                         std::function<void()> act)
  : thread_([this, end = std::chrono::steady_clock::now() + limit,
             act = std::move(act)] {
      std::unique_lock lock{mutex_};
      if (wake_up_.wait_until(lock, end, [this] { return called_off_; }))
        return;
      lock.unlock();
      act();
    }) {}

last_resort::~last_resort() {
  {
    std::lock_guard guard{mutex_};
    called_off_ = true;
  }
  wake_up_.notify_one();
  thread_.join();
}

} // namespace bridgekeeper::app
