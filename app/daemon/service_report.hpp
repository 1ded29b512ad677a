#pragma once

#include "app/daemon/daemon_threads.hpp"
#include "app/daemon/start_extension.hpp"
#include "app/daemon/thread_pulse.hpp"
#include "app/systemd/service_notifier.hpp"

#include <chrono>
#include <optional>
#include <string>

namespace bridgekeeper::app {

/// `12 agents, 3 dispatches in flight, 5 queued`.
[[nodiscard]] std::string describe_load(std::size_t agents,
                                        const dispatch_load& load);

/// What the daemon tells the service manager: that it has started, reloads and
/// stops, what it is doing, and that it is alive. It is alive while each I/O
/// thread answers pings: one that hangs lets the manager's watchdog expire.
/// Threads that may rightly wait for a disk, those of the store and of the
/// audit trail, are not asked. Main thread.
class service_report {
public:
  using time_point = service_notifier::time_point;

  /// `threads` must outlive the report. Until `tell_started`, the manager is
  /// asked for more time.
  service_report(const daemon_threads& threads, service_notifier notifier);

  /// The daemon listens.
  void tell_started();

  void tell_reloading();
  void tell_reloaded();

  /// The shutdown takes no longer than `limit`.
  void tell_stopping(std::chrono::milliseconds limit);

  /// To be called at least every `longest_pause`.
  void look_after(time_point now);

  /// How long the main thread may wait before it calls `look_after` again.
  [[nodiscard]] std::chrono::milliseconds
  longest_pause(std::chrono::milliseconds usual) const noexcept;

private:
  [[nodiscard]] std::string status() const;

  const daemon_threads& threads_;
  service_notifier notifier_;
  std::optional<start_extension> extension_;
  thread_pulse pulse_;
  time_point next_ping_{};
  time_point next_sign_of_life_{};
  bool is_running_ = false;
  bool is_stopping_ = false;
};

} // namespace bridgekeeper::app
