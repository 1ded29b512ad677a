#include "actors/supervisor.hpp"

#include "actors/failure_errors.hpp"
#include "log/log_line.hpp"
#include "net/error_boundary.hpp"

#include <caf/exit_reason.hpp>
#include <caf/send.hpp>

#include <utility>

namespace bridgekeeper::actors {

supervisor_actor::behavior_type supervisor_state::make_behavior() {
  return {
      [this](kill_atom, const std::string& whom) { return on_kill(whom); },
      [this](stop_atom) { on_stop(); },
      [this](core_atom) { return children->core; },
  };
}

void supervisor_state::take_over() {
  auto start_or_watch = [this](const auto& handle, auto start) {
    if (handle)
      self->monitor(handle);
    else
      start();
  };
  // For actors that died in the meantime, a down message arrives at once.
  start_or_watch(children->core.events, [this] { start_events(); });
  start_or_watch(children->core.dispatcher, [this] { start_dispatcher(); });
  // When the daemon starts, there are no agents to hear from.
  start_or_watch(children->core.registry, [this] { start_registry(0); });
  start_or_watch(children->monitor, [this] { start_monitor(); });
  start_or_watch(children->console, [this] { start_console(); });
  spread_handles();
}

void supervisor_state::start_registry(std::size_t threads_to_hear_from) {
  children->core.registry =
      spawn_on(self->home_system(), context->home, registry, context,
               children->memory, registry_options{threads_to_hear_from});
  self->monitor(children->core.registry);
}

void supervisor_state::start_dispatcher() {
  children->core.dispatcher =
      spawn_on(self->home_system(), context->home, dispatcher, context);
  self->monitor(children->core.dispatcher);
}

void supervisor_state::start_events() {
  auto& core = children->core;
  auto& journal = children->memory->journal;
  if (!journal)
    journal = std::make_shared<event_journal>(options.history);
  context->journal = journal;
  // A new counter, because events on their way to the predecessor never arrive.
  core.event_backlog = std::make_shared<std::atomic<std::size_t>>(0);
  core.newest_event = journal->newest();
  core.events = spawn_on(self->home_system(), context->home, event_hub, context,
                         journal, core.event_backlog);
  self->monitor(core.events);
}

void supervisor_state::start_monitor() {
  auto of_monitor = options.monitor;
  of_monitor.on_every_thread = world.on_every_thread;
  children->monitor =
      spawn_on(self->home_system(), context->home, heartbeat_monitor, context,
               std::move(of_monitor));
  self->monitor(children->monitor);
}

void supervisor_state::start_console() {
  if (!world.start_console)
    return;
  // The daemon starts the console; if that fails, the core continues without
  // it.
  net::contain("the start of the console", [this] {
    children->console = world.start_console(supervisor_actor{self});
    self->monitor(children->console);
  });
}

void supervisor_state::spread_handles() {
  world.on_every_thread([handles = children->core](thread_context& thread) {
    replace_core(thread, handles);
    // Must follow the announcements of this thread's agents, sent just above.
    caf::anon_send(handles.registry, announced_atom_v, thread.index);
  });
}

void supervisor_state::on_down(const caf::down_msg& down) {
  if (stopping)
    return;
  auto is_down = [&](const auto& handle) {
    return handle.address() == down.source;
  };
  auto& core = children->core;
  auto whom = is_down(core.registry)       ? "registry"
              : is_down(core.dispatcher)   ? "dispatcher"
              : is_down(core.events)       ? "event-hub"
              : is_down(children->monitor) ? "heartbeat-monitor"
              : is_down(children->console) ? "console"
                                           : nullptr;
  if (whom == nullptr)
    return;
  if (!restarts->admit(context->deadlines.now())) {
    log::critical("{} died ({}), after too many restarts: the daemon gives up",
                  whom, caf::to_string(down.reason));
    stopping = true;
    return world.on_give_up();
  }
  context->actor_stats->count_restart(whom);
  log::error("{} died ({}): restarting it", whom, caf::to_string(down.reason));
  if (is_down(children->monitor))
    return start_monitor();
  if (is_down(children->console))
    return start_console();
  if (is_down(core.registry))
    start_registry(world.threads);
  else if (is_down(core.dispatcher))
    start_dispatcher();
  else
    start_events();
  spread_handles();
}

caf::result<bool> supervisor_state::on_kill(const std::string& whom) {
  auto kill = [this](const auto& handle) {
    self->send_exit(handle, caf::exit_reason::kill);
    return true;
  };
  if (whom == registry_state::name)
    return kill(children->core.registry);
  if (whom == dispatcher_state::name)
    return kill(children->core.dispatcher);
  if (whom == event_hub_state::name)
    return kill(children->core.events);
  if (whom == heartbeat_monitor_state::name)
    return kill(children->monitor);
  // The daemon starts another supervisor.
  if (whom == name)
    return kill(supervisor_actor{self});
  if (world.kill_watched && world.kill_watched(whom))
    return true;
  return to_error(
      failure{errc::invalid_message,
              "no core actor is called \"" + whom
                  + "\"; the names are registry, dispatcher, "
                    "event-hub, heartbeat-monitor, supervisor and, if there "
                    "is an audit log, audit-trail"});
}

void supervisor_state::on_stop() {
  stopping = true;
  auto stop = [this](const auto& handle) {
    self->send_exit(handle, caf::exit_reason::user_shutdown);
  };
  if (children->console)
    stop(children->console);
  stop(children->monitor);
  stop(children->core.registry);
  stop(children->core.dispatcher);
  stop(children->core.events);
  self->quit();
}

supervisor_actor::behavior_type supervisor(supervisor_state::self_type* self,
                                           thread_context* context,
                                           supervisor_options options,
                                           supervisor_world world) {
  self->join_statistics(context->actor_stats,
                        context->home != nullptr ? std::optional{context->index}
                                                 : std::nullopt);
  auto& state = self->state;
  state.context = context;
  state.options = options;
  state.world = std::move(world);
  self->set_down_handler(
      [&state](const caf::down_msg& down) { state.on_down(down); });
  state.children = state.world.children;
  state.restarts.emplace(options.max_restarts, options.restart_window);
  state.take_over();
  return state.make_behavior();
}

} // namespace bridgekeeper::actors
