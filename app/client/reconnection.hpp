#pragma once

#include "app/client/backoff.hpp"

#include <optional>

namespace bridgekeeper::app {

/// Decides whether and when a command that waits for a dispatch connects again
/// after it has lost the daemon. Several attempts in a row may fail, which
/// together take about a minute: a daemon that is restarted is back by then. A
/// daemon that has never answered is not tried again, because its address is
/// probably wrong. Main thread.
class reconnection {
public:
  /// The daemon has answered.
  void on_answer();

  [[nodiscard]] bool was_answered() const noexcept {
    return was_answered_;
  }

  /// Returns how long to wait before the next attempt and tells the user, or
  /// returns nothing if there should be none.
  [[nodiscard]] std::optional<backoff::milliseconds> next();

private:
  backoff backoff_;
  bool was_answered_ = false;
  int failed_attempts_ = 0;
};

} // namespace bridgekeeper::app
