#pragma once

#include "actors/supervisor.hpp"
#include "app/client/exit_code.hpp"
#include "app/config/config_change.hpp"
#include "app/config/load_config.hpp"
#include "app/console/console.hpp"
#include "app/console/console_port.hpp"
#include "app/daemon/actor_watch.hpp"
#include "app/daemon/audit_office.hpp"
#include "app/daemon/daemon_options.hpp"
#include "app/daemon/daemon_threads.hpp"
#include "app/daemon/data_dir.hpp"
#include "app/daemon/descriptor_reserve.hpp"
#include "app/daemon/last_resort.hpp"
#include "app/daemon/lasting_problem.hpp"
#include "app/daemon/signals.hpp"
#include "app/daemon/tls_source.hpp"
#include "app/daemon/token_watch.hpp"
#include "domain/admission.hpp"
#include "domain/census.hpp"
#include "net/byte_budget.hpp"
#include "net/listener.hpp"

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

/// Everything that makes up a running daemon, in the order it is built; it is
/// taken down in reverse. Built, run and destroyed on the main thread.
class running_daemon {
public:
  /// `sources`, which `values` came from, must outlive the daemon.
  running_daemon(const config& values, const config_sources& sources);

  /// Throws `std::runtime_error` for what could not be had at the start; what
  /// was started by then is stopped all the same.
  exit_code run();

private:
  // -- starting (app/daemon.cpp) ----------------------------------------------

  void start_threads();
  /// Before anybody can do what is to be audited.
  void start_audit();
  void start_core();
  /// At the start, and again after a supervisor that died. It takes over the
  /// actors that its predecessor left.
  void start_supervisor();
  /// Nobody is let in before every thread knows the core actors. Throws
  /// `std::runtime_error` if they cannot be kept alive.
  void wait_for_core();
  void open_doors();
  /// On the supervisor's thread, for the first console and after each that
  /// dies.
  actors::console_actor start_console();
  void open_console();
  void announce();
  /// Other commands find the daemon by this.
  void tell_where();

  // -- running (reload.cpp) ---------------------------------------------------

  /// Until somebody asks to stop.
  void watch();
  /// One round of that: what is reloaded or renewed.
  void look_after(int signal);
  /// Looks after those that no other actor watches; called often, for as long
  /// as the daemon runs and drains.
  void keep_watched_actors();
  /// The daemon cannot go on; it stops with status 1.
  void give_up();
  /// The configuration, and all that it names.
  void reload();
  /// Applies the change and says so in the log; false, and everything as it
  /// was, where a part of it cannot be had.
  bool accept(const config_change& change);
  /// Throws `std::runtime_error`; then nothing has changed.
  void apply(const config_change& change);
  void renew_tls();
  /// Logs it where the system's clock was set back, or is right again.
  void tell_clock();
  /// New connections are shown this certificate.
  void present(net::tls_context_ptr certificate);
  /// `tell_where` while the daemon runs: what goes wrong is logged.
  void tell_where_now();

  // -- stopping (shutdown.cpp) ------------------------------------------------

  /// See docs/architecture.md, "Shutdown".
  void stop();
  /// From now on the daemon ends within `shutdown.end_timeout`, destructors
  /// included, or the process does.
  void bound_the_end();
  /// Logs which actors did not end, and ends the process with status 1. Any
  /// thread.
  [[noreturn]] void end_without_those_left();
  void stop_core();
  void forget_core();
  /// The last actor: it hears how all others ended, and writes it down.
  void stop_audit();
  [[nodiscard]] bool lives(std::string_view name) const;
  [[nodiscard]] bool is_asked_to_stop() const;
  [[nodiscard]] actors::supervisor_actor supervisor() const;

  // -- data -------------------------------------------------------------------

  struct system_config : caf::actor_system_config {
    explicit system_config(bool with_network);
  };

  // Destroyed last: it bounds the destructors of all the rest.
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
  std::shared_ptr<net::failure_quota> log_lines_ =
      std::make_shared<net::failure_quota>(actors::log_line_rule);
  std::shared_ptr<census> people_ = std::make_shared<census>();
  // The actor system goes before the threads and contexts its actors live on.
  daemon_threads threads_;
  token_watch tokens_;
  std::shared_ptr<net::byte_budget> first_frames_;
  std::shared_ptr<net::byte_budget> announced_;
  std::shared_ptr<admission> admissions_;
  std::shared_ptr<net::output_ledger> output_;
  std::shared_ptr<answer_budget> answers_;
  std::shared_ptr<attempt_throttle> throttle_;
  tls_source tls_;
  lasting_problem tls_problem_;
  /// How far the daemon's clock was ahead of the system's when that was logged.
  std::chrono::microseconds clock_offset_{0};
  std::atomic<bool> gave_up_{false};
  system_config system_config_;
  std::optional<caf::actor_system> system_;
  std::optional<net::listener> listener_;
  audit_office audit_;
  std::shared_ptr<actors::supervised_actors> children_ =
      std::make_shared<actors::supervised_actors>();
  restart_limit supervisor_restarts_;
  actor_watch supervisor_watch_;
  /// Asked for by consoles, on other threads.
  mutable std::mutex supervisor_mutex_;
  actors::supervisor_actor supervisor_;
  std::optional<console::console_port> console_port_;
  std::string console_address_;
};

} // namespace bridgekeeper::app
