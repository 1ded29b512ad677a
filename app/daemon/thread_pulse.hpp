#pragma once

#include "app/daemon/daemon_threads.hpp"

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

namespace bridgekeeper::app {

/// Pings the I/O threads. A thread that hangs does not answer. Main thread.
class thread_pulse {
public:
  /// `threads` must outlive the pulse.
  explicit thread_pulse(const daemon_threads& threads);

  /// Pings each thread. Does not wait.
  void ping();

  /// Whether all threads have answered the last ping.
  [[nodiscard]] bool has_all_answers() const noexcept;

  /// The number of registered agents, as of the last answers.
  [[nodiscard]] std::size_t agents() const noexcept;

private:
  struct answer {
    std::atomic<std::uint64_t> ping{0};
    std::atomic<std::size_t> agents{0};
  };

  const daemon_threads& threads_;
  /// Shared with the threads, which may answer late.
  std::shared_ptr<std::vector<answer>> answers_;
  std::uint64_t last_ping_ = 0;
};

} // namespace bridgekeeper::app
