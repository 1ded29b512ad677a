// The daemon's threads and actors, its build, and its process.

#include "app/metrics/metrics_text.hpp"
#include "app/metrics/reason_samples.hpp"

#include <algorithm>
#include <array>
#include <string>
#include <string_view>

namespace bridgekeeper::metrics {

namespace {

/// The actors of which a daemon has one, and which are restarted. They are
/// shown even if they do not run.
constexpr std::array<std::string_view, 7> core_actors{
    "audit-trail",       "console",  "dispatcher", "event-hub",
    "heartbeat-monitor", "registry", "supervisor"};

void add_threads(family_list& to, const metric_sources& from) {
  std::vector<sample> cpu;
  std::vector<sample> connections;
  std::vector<const net::io_thread::lag_histogram*> lags;
  for (std::size_t i = 0; i < from.threads.size(); ++i) {
    const auto& x = from.threads[i];
    label_list labels{{"thread", "io-" + std::to_string(i)}};
    cpu.push_back({labels, std::chrono::duration<double>{x.cpu}.count()});
    connections.push_back({labels, static_cast<double>(x.connections)});
    lags.push_back(x.loop_lag);
  }
  to.counter("bridgekeeper_io_thread_cpu_seconds_total",
             "CPU time of the I/O threads; its rate is the busy share of a "
             "thread.",
             cpu);
  to.gauge("bridgekeeper_io_thread_connections",
           "Open connections by I/O thread.", connections);
  to.histogram("bridgekeeper_io_loop_lag_seconds",
               "How late I/O threads ran timers and tasks that were due.",
               {add_up(lags, seconds_per_nanosecond)});
}

void add_actors(family_list& to, const metric_sources& from) {
  auto totals = from.actors;
  for (auto name : core_actors)
    totals.try_emplace(std::string{name});
  std::vector<sample> running;
  std::vector<sample> waiting;
  std::vector<sample> restarts;
  for (const auto& [name, x] : totals) {
    label_list labels{{"actor", name}};
    running.push_back({labels, static_cast<double>(x.actors)});
    waiting.push_back({labels, static_cast<double>(x.waiting)});
    if (std::find(core_actors.begin(), core_actors.end(), name)
        != core_actors.end())
      restarts.push_back({labels, static_cast<double>(x.restarts)});
  }
  to.gauge("bridgekeeper_actors", "Running actors by kind.", running);
  to.gauge("bridgekeeper_mailbox_messages",
           "Messages waiting in the mailboxes of actors, by kind.", waiting);
  to.counter("bridgekeeper_actor_restarts_total",
             "Restarts of core actors that died.", restarts);
  to.gauge("bridgekeeper_event_backlog",
           "Weight of the events that the event hub has not handled yet: 1 for "
           "each, and 1 for each 4 KiB.",
           static_cast<double>(from.event_backlog));
}

void add_process(family_list& to, const process_figures& x) {
  to.counter("process_cpu_seconds_total",
             "Total user and system CPU time spent in seconds.", x.cpu_seconds);
  to.gauge("process_open_fds", "Number of open file descriptors.",
           static_cast<double>(x.open_descriptors));
  to.gauge("process_max_fds", "Maximum number of open file descriptors.",
           static_cast<double>(x.max_descriptors));
  to.gauge("process_virtual_memory_bytes", "Virtual memory size in bytes.",
           static_cast<double>(x.virtual_bytes));
  to.gauge("process_resident_memory_bytes", "Resident memory size in bytes.",
           static_cast<double>(x.resident_bytes));
  to.gauge("process_threads", "Number of threads of the process.",
           static_cast<double>(x.threads));
  to.gauge("process_start_time_seconds",
           "Start time of the process since unix epoch in seconds.",
           x.start_seconds);
}

} // namespace

void add_daemon_families(family_list& to, const metric_sources& from) {
  add_threads(to, from);
  add_actors(to, from);
  to.gauge("bridgekeeper_draining",
           "Whether the daemon is shutting down and accepts no new work.",
           from.is_draining ? 1 : 0);
  to.gauge(
      "bridgekeeper_build_info", "Always 1; the labels describe the build.",
      {{{{"version", BRIDGEKEEPER_VERSION}, {"compiler", __VERSION__}}, 1}});
  add_process(to, from.process);
}

} // namespace bridgekeeper::metrics
