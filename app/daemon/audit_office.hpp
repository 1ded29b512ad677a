#pragma once

#include "actors/audit_desk.hpp"
#include "app/config/config.hpp"
#include "app/daemon/actor_watch.hpp"
#include "domain/census.hpp"

#include <chrono>
#include <memory>

namespace caf {
class actor_system;
} // namespace caf

namespace bridgekeeper::app {

/// The daemon's audit trail, where it has one: starts it, and starts another
/// when it dies. Main thread.
class audit_office {
public:
  using time_point = std::chrono::steady_clock::time_point;

  /// Spawns the trail if `values` name a file for it. Throws
  /// `std::runtime_error` where that cannot be written. `system` must outlive
  /// the office.
  void open(caf::actor_system& system, const config& values,
            const std::shared_ptr<census>& people);

  /// Whether there is a trail that has to end.
  [[nodiscard]] bool is_open() const noexcept {
    return is_alive_;
  }

  /// Where entries are handed in; a closed one where nothing is audited. Goes
  /// to whichever trail there is.
  [[nodiscard]] const actors::audit_desk& desk() const noexcept {
    return desk_;
  }

  /// Looks after the trail; called often. If it has died, another one is
  /// started: at once or, if that fails or the last one was short-lived, every
  /// 5 s. False if entries are lost and `audit.required` says that the daemon
  /// must not go on then; the log says why.
  [[nodiscard]] bool keep(time_point now);

  /// For the fault drill: kills the trail. False if there is none. Any thread.
  bool kill();

  /// Tells the trail to write down what it has, and to end.
  void close();

private:
  /// Throws `std::runtime_error`.
  void start(time_point now);
  void try_again(time_point now);

  caf::actor_system* system_ = nullptr;
  std::shared_ptr<census> people_;
  config values_;
  std::shared_ptr<actors::audit_backlog> backlog_;
  actors::audit_desk desk_;
  actor_watch watch_;
  bool is_alive_ = false;
  /// The log has said that there is no trail; that the daemon stops for it.
  bool is_told_ = false;
  bool is_stopping_ = false;
  time_point started_;
  time_point next_try_;
};

} // namespace bridgekeeper::app
