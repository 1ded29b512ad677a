#pragma once

#include "actors/interfaces.hpp"
#include "actors/io_actor.hpp"
#include "actors/thread_context.hpp"

#include <chrono>
#include <functional>

namespace bridgekeeper::actors {

struct heartbeat_monitor_options {
  std::chrono::milliseconds tick{5'000};
  /// Runs a task on every I/O thread.
  std::function<void(std::function<void(thread_context&)>)> on_every_thread;
};

struct heartbeat_monitor_state {
  static inline const char* name = "heartbeat-monitor";

  using self_type = io_actor<heartbeat_monitor_state, heartbeat_monitor_actor>;

  explicit heartbeat_monitor_state(heartbeat_monitor_actor::base* self_ptr)
    : self(self_ptr) {}

  heartbeat_monitor_actor::behavior_type make_behavior();

  void on_tick();

  heartbeat_monitor_actor::base* self;
  heartbeat_monitor_options options;
};

heartbeat_monitor_actor::behavior_type
heartbeat_monitor(heartbeat_monitor_state::self_type* self,
                  thread_context* context, heartbeat_monitor_options options);

} // namespace bridgekeeper::actors
