#pragma once

#include "app/files/environment.hpp"
#include "app/systemd/datagram_socket.hpp"

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace bridgekeeper::app {

/// Tells the service manager how this process is doing: sd_notify(3), whose
/// protocol is one datagram of `NAME=value` lines for each message. Does
/// nothing unless the process runs under a service manager. A manager that does
/// not read may hold the caller up for a moment, never for good, and errors are
/// ignored, because no service should fail for them. One thread.
class service_notifier {
public:
  using time_point = std::chrono::steady_clock::time_point;

  /// The shortest time between two statuses.
  static constexpr std::chrono::seconds status_interval{2};

  /// Does nothing.
  service_notifier() = default;

  /// Reads `$NOTIFY_SOCKET`, `$WATCHDOG_USEC` and `$WATCHDOG_PID`. `process` is
  /// the id of this process.
  service_notifier(const environment_map& variables, long process);

  [[nodiscard]] bool is_on() const noexcept {
    return socket_.is_open();
  }

  /// The interval in which `tell_alive` is due: half of what the manager
  /// allows. Nothing if it does not watch.
  [[nodiscard]] std::optional<std::chrono::microseconds>
  watchdog_interval() const noexcept {
    return watchdog_interval_;
  }

  /// The service has started, or has finished reloading.
  void tell_ready();

  /// The service reloads its configuration; `tell_ready` must follow.
  void tell_reloading();

  /// The service stops, which takes no longer than `limit`. The manager waits
  /// for so long, even if its own limit is shorter.
  void tell_stopping(std::chrono::milliseconds limit);

  void tell_alive();

  /// The service may take this much longer to start or to stop.
  void ask_for_time(std::chrono::milliseconds x);

  /// Tells a sentence about the state, unless it is the last one again. Returns
  /// false if it is too early for another one.
  bool tell_status(const std::string& text, time_point now);

private:
  void send(std::string_view text) const;

  datagram_socket socket_;
  std::optional<std::chrono::microseconds> watchdog_interval_;
  std::string last_status_;
  std::optional<time_point> next_status_;
};

/// Removes the variables by which a service manager addresses this process from
/// its environment, because they are not meant for its children. Call it before
/// other threads start.
void forget_service_variables();

/// Whether this is one of these variables.
[[nodiscard]] bool is_service_variable(std::string_view name) noexcept;

} // namespace bridgekeeper::app
