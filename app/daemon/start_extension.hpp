#pragma once

#include "app/systemd/service_notifier.hpp"

#include <condition_variable>
#include <mutex>
#include <thread>

namespace bridgekeeper::app {

/// While it exists, asks the service manager for more time to start, because
/// the conversion of a large store may take longer than the manager would wait.
/// A separate thread asks, for at most an hour. It inherits the signal mask.
class start_extension {
public:
  /// `notifier` must outlive the extension and must not be used meanwhile.
  explicit start_extension(service_notifier& notifier);

  start_extension(const start_extension&) = delete;
  start_extension& operator=(const start_extension&) = delete;

  ~start_extension();

private:
  void run();

  service_notifier& notifier_;
  std::mutex mutex_;
  std::condition_variable wake_up_;
  bool is_over_ = false;
  std::thread thread_;
};

} // namespace bridgekeeper::app
