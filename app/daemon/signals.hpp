#pragma once

#include <chrono>
#include <csignal>

namespace bridgekeeper::app {

/// The signals that the daemon handles. The main thread takes them one by one;
/// they do not interrupt any thread. Must be constructed before other threads
/// are started, because they inherit the signal mask.
class signal_queue {
public:
  signal_queue();

  /// Returns the number of the next signal, or 0 if none arrives in time.
  /// SIGUSR1, SIGUSR2 and SIGQUIT, which would otherwise end the process, are
  /// ignored with a line in the log, and 0 is returned.
  [[nodiscard]] int wait(std::chrono::milliseconds time_out) const;

  /// Makes `wait` return SIGTERM. Any thread.
  static void ask_to_stop();

private:
  sigset_t set_{};
};

} // namespace bridgekeeper::app
