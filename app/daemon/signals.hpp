#pragma once

#include <chrono>
#include <csignal>

namespace bridgekeeper::app {

/// The signals the daemon lives by, taken in turn by the main thread instead of
/// interrupting any. Construct before other threads: they inherit the mask.
class signal_queue {
public:
  signal_queue();

  /// The next signal's number, or 0 if none came in time. SIGUSR1, SIGUSR2 and
  /// SIGQUIT, which would end the process and mean nothing to it, count as
  /// none; the log says that they came.
  [[nodiscard]] int wait(std::chrono::milliseconds time_out) const;

  /// Makes `wait` return SIGTERM. Any thread.
  static void ask_to_stop();

private:
  sigset_t set_{};
};

} // namespace bridgekeeper::app
