#pragma once

#include <chrono>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <stdexcept>
#include <thread>
#include <utility>

namespace bridgekeeper::test {

/// How long a test waits for what must happen. Not reached when all is well,
/// so it is long enough for a sanitizer on a busy machine.
inline constexpr auto patience = std::chrono::seconds{20};

/// What must happen did not.
class timed_out : public std::runtime_error {
public:
  using std::runtime_error::runtime_error;
};

/// Things that happen on other threads, in order, for the test to wait for.
/// Thread-safe.
template <class T>
class inbox {
public:
  void push(T x) {
    std::lock_guard guard{mutex_};
    items_.push_back(std::move(x));
    arrived_.notify_all();
  }

  /// Takes out the next one, as soon as it is there.
  T take() {
    std::unique_lock guard{mutex_};
    if (!arrived_.wait_for(guard, patience, [this] { return !items_.empty(); }))
      throw timed_out("nothing came into the inbox");
    auto out = std::move(items_.front());
    items_.pop_front();
    return out;
  }

  [[nodiscard]] std::size_t size() const {
    std::lock_guard guard{mutex_};
    return items_.size();
  }

  [[nodiscard]] bool empty() const {
    return size() == 0;
  }

private:
  mutable std::mutex mutex_;
  std::condition_variable arrived_;
  std::deque<T> items_;
};

/// Whether `condition` comes true in time. For what nobody reports: asks again
/// and again.
template <class Condition>
[[nodiscard]] bool eventually(Condition condition) {
  auto deadline = std::chrono::steady_clock::now() + patience;
  while (!condition()) {
    if (std::chrono::steady_clock::now() > deadline)
      return false;
    std::this_thread::yield();
  }
  return true;
}

} // namespace bridgekeeper::test
