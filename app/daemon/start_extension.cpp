#include "app/daemon/start_extension.hpp"

#include <chrono>

namespace bridgekeeper::app {

namespace {

constexpr std::chrono::seconds asking_interval{10};

/// What is asked for each time.
constexpr std::chrono::seconds start_time{30};

constexpr std::chrono::hours longest_start{1};

} // namespace

start_extension::start_extension(service_notifier& notifier)
  : notifier_(notifier) {
  if (notifier_.is_on())
    thread_ = std::thread{[this] { run(); }};
}

start_extension::~start_extension() {
  {
    std::lock_guard guard{mutex_};
    is_over_ = true;
  }
  wake_up_.notify_all();
  if (thread_.joinable())
    thread_.join();
}

void start_extension::run() {
  auto end = std::chrono::steady_clock::now() + longest_start;
  std::unique_lock lock{mutex_};
  while (
      !wake_up_.wait_for(lock, asking_interval, [this] { return is_over_; })) {
    if (std::chrono::steady_clock::now() >= end)
      return;
    notifier_.tell_status("starting; the store is being opened",
                          std::chrono::steady_clock::now());
    notifier_.ask_for_time(start_time);
  }
}

} // namespace bridgekeeper::app
