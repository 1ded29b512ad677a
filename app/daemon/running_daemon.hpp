#pragma once

#include "actors/supervisor.hpp"
#include "app/client/exit_code.hpp"
#include "app/config/config_change.hpp"
#include "app/config/load_config.hpp"
#include "app/console/console.hpp"
#include "app/console/console_port.hpp"
#include "app/daemon/actor_watch.hpp"
#include "app/daemon/audit_service.hpp"
#include "app/daemon/daemon_metrics.hpp"
#include "app/daemon/daemon_options.hpp"
#include "app/daemon/daemon_threads.hpp"
#include "app/daemon/data_dir.hpp"
#include "app/daemon/descriptor_reserve.hpp"
#include "app/daemon/dispatch_storage.hpp"
#include "app/daemon/last_resort.hpp"
#include "app/daemon/lasting_problem.hpp"
#include "app/daemon/migration_server.hpp"
#include "app/daemon/service_report.hpp"
#include "app/daemon/signals.hpp"
#include "app/daemon/tls_source.hpp"
#include "app/daemon/token_watch.hpp"
#include "domain/actor_statistics.hpp"
#include "domain/admission.hpp"
#include "net/byte_budget.hpp"
#include "net/server/listener.hpp"

#include <caf/actor_system.hpp>
#include <caf/actor_system_config.hpp>

#include <atomic>
#include <chrono>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

namespace bridgekeeper::app {

/// All parts of a running daemon, in the order in which they are created; they
/// are destroyed in reverse order. Created, run and destroyed on the main
/// thread.
class running_daemon {
public:
  /// `values` must have been loaded from `sources`, which must outlive the
  /// daemon.
  running_daemon(const config& values, const config_sources& sources);

  /// Throws `std::runtime_error` if a part of the daemon cannot be started. The
  /// parts that have been started are stopped first.
  exit_code run();

private:
  // -- starting (app/daemon.cpp) ----------------------------------------------

  /// Called when the store must be migrated, before the threads start.
  void answer_during_migration(std::int32_t from, std::int32_t to);
  void find_tls();

  void start_threads();
  /// Must be called before any event can occur that must be audited.
  void start_audit();
  void start_core();
  /// Called at startup and after a supervisor has died. The new supervisor
  /// takes over the actors of its predecessor.
  void start_supervisor();
  /// Waits until every thread knows the core actors; no connection is accepted
  /// before that. Throws `std::runtime_error` if the core actors keep failing.
  void wait_for_core();
  void open_listeners();
  void open_metrics_listener();
  /// If they were opened. On the first I/O thread.
  void close_listeners();
  /// Called on the supervisor's thread, for the first console and after each
  /// console that dies.
  actors::console_actor start_console();
  void open_console();
  void announce();
  /// Writes `daemon.json`, from which other commands learn the addresses.
  void tell_where();

  // -- running (reload.cpp) ---------------------------------------------------

  /// The main loop. Returns when SIGTERM or SIGINT arrives.
  void watch();
  /// One round of the main loop: reloads and renews whatever is due.
  void look_after(int signal);
  /// Restarts the supervisor and the audit trail, which no other actor watches.
  /// Called often while the daemon runs and drains.
  void keep_watched_actors();
  /// The daemon cannot continue and stops with exit code 1. Any thread.
  void give_up();
  /// Reloads the configuration and the files that it names.
  void reload();
  /// Applies the change and logs it. Returns false and changes nothing if a
  /// part of the change cannot be applied.
  bool accept(const config_change& change);
  /// Throws `std::runtime_error` before anything has changed.
  void apply(const config_change& change);
  void renew_tls();
  /// Logs when the system clock was set back and when it has caught up.
  void tell_clock();
  /// Uses this certificate for new connections.
  void present(net::tls_context_ptr certificate);
  /// `tell_where` while the daemon runs: errors are logged.
  void tell_where_now();

  // -- stopping (shutdown.cpp) ------------------------------------------------

  /// See docs/architecture.md, "Shutdown".
  void stop();
  /// From now on the shutdown, including destructors, may take no longer than
  /// `shutdown.end_timeout`. After that the process ends.
  void bound_the_end();
  /// Logs which actors have not ended, and ends the process with exit code 1.
  /// Any thread.
  [[noreturn]] void end_without_those_left();
  void stop_core();
  void forget_core();
  /// Commits what waits, and lets the I/O threads handle what follows.
  void stop_store();
  /// Stops the audit trail, which must be the last actor because it records how
  /// all others ended.
  void stop_audit();
  [[nodiscard]] bool lives(std::string_view name) const;
  [[nodiscard]] bool is_asked_to_stop() const;
  [[nodiscard]] actors::supervisor_actor supervisor() const;

  // -- data -------------------------------------------------------------------

  struct system_config : caf::actor_system_config {
    explicit system_config(bool with_network);
  };

  // Destroyed last, because it limits the time for the destructors of all other
  // members.
  std::optional<last_resort> last_resort_;
  std::chrono::steady_clock::time_point started_ =
      std::chrono::steady_clock::now();
  daemon_identity self_ = make_identity();
  const config_sources& sources_;
  config values_;
  signal_queue signals_;
  data_dir dir_;
  descriptor_reserve reserve_;
  std::shared_ptr<readiness_notes> notes_ = std::make_shared<readiness_notes>();
  std::shared_ptr<failure_quota> log_lines_ =
      std::make_shared<failure_quota>(actors::log_line_rule);
  std::shared_ptr<decision_log> decisions_ = std::make_shared<decision_log>();
  std::shared_ptr<line_budget> dispatch_lines_ =
      std::make_shared<line_budget>(values_.log.max_dispatches_per_second);
  std::shared_ptr<actor_statistics> actor_stats_ =
      std::make_shared<actor_statistics>();
  // Declared before the actor system: its actors live on these threads, so they
  // must be destroyed after it.
  daemon_threads threads_;
  service_report service_;
  /// Set before it is needed for the first time: while the store is migrated,
  /// or at the end of the constructor.
  std::optional<tls_source> tls_;
  migration_server migration_;
  dispatch_storage storage_;
  token_watch tokens_;
  std::shared_ptr<net::byte_budget> first_frames_;
  std::shared_ptr<net::byte_budget> announced_;
  std::shared_ptr<admission> admissions_;
  daemon_metrics metrics_;
  std::shared_ptr<net::output_ledger> output_;
  std::shared_ptr<answer_budget> answers_;
  std::shared_ptr<attempt_throttle> throttle_;
  lasting_problem tls_problem_;
  /// How far the daemon's clock was ahead of the system clock when the offset
  /// was last logged.
  std::chrono::microseconds clock_offset_{0};
  std::atomic<bool> gave_up_{false};
  system_config system_config_;
  std::optional<caf::actor_system> system_;
  std::optional<net::listener> listener_;
  /// Of `metrics.listen`, if that is set.
  std::optional<net::listener> metrics_listener_;
  audit_service audit_;
  std::shared_ptr<actors::supervised_actors> children_ =
      std::make_shared<actors::supervised_actors>();
  restart_limit supervisor_restarts_;
  actor_watch supervisor_watch_;
  /// Protects `supervisor_`, which consoles read on other threads.
  mutable std::mutex supervisor_mutex_;
  actors::supervisor_actor supervisor_;
  /// The operators who are connected to the console.
  std::shared_ptr<console::operators> operators_ =
      std::make_shared<console::operators>();
  std::optional<console::console_port> console_port_;
  std::string console_address_;
};

} // namespace bridgekeeper::app
