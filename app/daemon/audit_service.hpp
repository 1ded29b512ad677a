#pragma once

#include "actors/audit_sink.hpp"
#include "app/config/config.hpp"
#include "app/daemon/actor_watch.hpp"
#include "domain/actor_statistics.hpp"

#include <chrono>
#include <memory>

namespace caf {
class actor_system;
} // namespace caf

namespace bridgekeeper::app {

/// Starts the daemon's audit trail, if one is configured, and restarts it when
/// it dies. Main thread.
class audit_service {
public:
  using time_point = std::chrono::steady_clock::time_point;

  /// Spawns the trail if `values` name an audit log. Throws
  /// `std::runtime_error` if the log cannot be written. `system` must outlive
  /// this object.
  void open(caf::actor_system& system, const config& values,
            const std::shared_ptr<actor_statistics>& actor_stats);

  /// Whether a trail is running, which the shutdown must wait for.
  [[nodiscard]] bool is_open() const noexcept {
    return is_alive_;
  }

  /// The interface for new entries; it drops them if auditing is off. Entries
  /// always go to the current trail, even after a restart.
  [[nodiscard]] const actors::audit_sink& sink() const noexcept {
    return sink_;
  }

  /// Restarts the trail if it has died. Must be called often. The restart is
  /// immediate; if it fails or if the previous trail was short-lived, attempts
  /// are 5 s apart. Returns false, and logs why, if entries were lost and
  /// `audit.required` says that the daemon must stop in that case.
  [[nodiscard]] bool keep(time_point now);

  /// Kills the trail, for the fault drill. Returns false if there is none. Any
  /// thread.
  bool kill();

  /// Tells the trail to write its remaining entries and to end.
  void close();

private:
  /// Throws `std::runtime_error`.
  void start(time_point now);
  void try_again(time_point now);

  caf::actor_system* system_ = nullptr;
  std::shared_ptr<actor_statistics> actor_stats_;
  config values_;
  std::shared_ptr<actors::audit_backlog> backlog_;
  actors::audit_sink sink_;
  actor_watch watch_;
  bool is_alive_ = false;
  /// Whether the log already says that there is no trail, and that the daemon
  /// stops because of it.
  bool is_told_ = false;
  bool is_stopping_ = false;
  time_point started_;
  time_point next_try_;
};

} // namespace bridgekeeper::app
