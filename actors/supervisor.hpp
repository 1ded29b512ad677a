#pragma once

#include "actors/core_memory.hpp"
#include "actors/dispatcher.hpp"
#include "actors/event_hub.hpp"
#include "actors/heartbeat_monitor.hpp"
#include "actors/interfaces.hpp"
#include "actors/io_actor.hpp"
#include "actors/registry.hpp"
#include "actors/thread_context.hpp"
#include "domain/restart_limit.hpp"

#include <caf/actor.hpp>

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>

namespace bridgekeeper::actors {

struct supervisor_options {
  heartbeat_monitor_options monitor;
  event_history_options history;
  /// If there are more restarts than this within the window, the daemon gives
  /// up.
  std::size_t max_restarts = 10;
  std::chrono::seconds restart_window{60};
};

/// The actors that a supervisor has started, and the state that they leave to
/// their successors. Outlives the supervisor; the next supervisor takes the
/// actors over as they are. Used by one supervisor at a time, on its thread.
struct supervised_actors {
  std::shared_ptr<core_memory> memory = std::make_shared<core_memory>();
  core_handles core;
  heartbeat_monitor_actor monitor;
  console_actor console;
};

/// What the supervisor needs from the rest of the daemon.
struct supervisor_world {
  /// The same for all supervisors of a daemon.
  std::shared_ptr<supervised_actors> children =
      std::make_shared<supervised_actors>();
  /// Runs a function on every I/O thread with its context, in order with the
  /// actions of the agents there.
  std::function<void(std::function<void(thread_context&)>)> on_every_thread;
  std::size_t threads = 0;
  /// Spawns a console, which may send requests to this supervisor; empty if
  /// there should be no console.
  std::function<console_actor(supervisor_actor)> start_console;
  /// Called once if the core actors cannot be kept alive.
  std::function<void()> on_give_up;
  /// For fault drills: kills an actor that the daemon itself watches. Returns
  /// false if it watches none with this name. May be empty.
  std::function<bool(const std::string&)> kill_watched;
};

struct supervisor_state {
  static inline const char* name = "supervisor";

  using self_type = io_actor<supervisor_state, supervisor_actor>;

  explicit supervisor_state(supervisor_actor::base* self_ptr)
    : self(self_ptr) {}

  supervisor_actor::behavior_type make_behavior();

  /// Starts the actors that do not exist yet, and monitors the others from now
  /// on.
  void take_over();
  void start_registry(std::size_t threads_to_hear_from);
  void start_dispatcher();
  void start_events();
  void start_monitor();
  void start_console();
  /// Sends the current handles of the core actors to every I/O thread.
  void spread_handles();
  void on_down(const caf::down_msg& down);
  caf::result<bool> on_kill(const std::string& whom);
  void on_stop();

  // -- data -------------------------------------------------------------------

  supervisor_actor::base* self;
  thread_context* context = nullptr;
  supervisor_options options;
  supervisor_world world;
  std::shared_ptr<supervised_actors> children;
  std::optional<restart_limit> restarts;
  bool stopping = false;
};

supervisor_actor::behavior_type supervisor(supervisor_state::self_type* self,
                                           thread_context* context,
                                           supervisor_options options,
                                           supervisor_world world);

} // namespace bridgekeeper::actors
