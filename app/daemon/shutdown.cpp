#include "actors/dispatch_shelf.hpp"
#include "actors/log_teller.hpp"
#include "actors/store_port.hpp"
#include "app/daemon/running_daemon.hpp"
#include "app/daemon/wait_until.hpp"
#include "app/log/logging.hpp"
#include "domain/count_text.hpp"
#include "log/log_line.hpp"

#include <caf/exit_reason.hpp>
#include <caf/send.hpp>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <map>
#include <string>

namespace bridgekeeper::app {

using api::thread_context;
using std::chrono::milliseconds;

namespace {

/// The time limit after the drain for sending close frames and for ending
/// actors. It is longer than any session takes to close.
constexpr auto close_timeout = std::chrono::seconds{8};

/// What the service manager is asked for beyond the daemon's own limits.
constexpr auto stop_margin = std::chrono::seconds{5};

/// The time limit for the last lines of the log before the process is aborted.
constexpr auto flush_timeout = std::chrono::seconds{1};

/// `2 agent (io-1), audit-trail (worker pool)`.
std::string describe(const std::vector<actor_row>& rows) {
  std::map<std::string, std::size_t> counts;
  for (const auto& x : rows)
    ++counts[x.name + " ("
             + (x.thread ? "io-" + std::to_string(*x.thread)
                         : std::string{"worker pool"})
             + ")"];
  std::string out;
  for (const auto& [what, count] : counts)
    out += (out.empty() ? "" : ", ")
           + (count > 1 ? std::to_string(count) + " " : std::string{}) + what;
  return out.empty() ? "no actor" : out;
}

} // namespace

void running_daemon::stop() {
  auto drain = std::chrono::ceil<milliseconds>(values_.shutdown.drain_timeout);
  auto end = std::chrono::ceil<milliseconds>(values_.shutdown.end_timeout);
  service_.tell_stopping(drain + end + stop_margin);
  if (auto count = threads_.unfinished())
    log::info("stopping: waiting for {} to end",
              count_text(count, "dispatch", "dispatches"));
  // 1. No new work is accepted. Connections still are, so that clients get a
  // response that says why.
  threads_.on_every_one(
      [](thread_context& context) { actors::begin_draining(context); });
  // 2. Dispatches in progress may finish. A second signal ends the wait.
  wait_until(drain, [this] {
    keep_watched_actors();
    service_.look_after(std::chrono::steady_clock::now());
    return gave_up_ || threads_.unfinished() == 0 || is_asked_to_stop();
  });
  // From here on the shutdown has a time limit, even if something hangs.
  bound_the_end();
  // 3. The listeners close. The links close first (1001), which ends their
  // dispatches; the connections of clients close afterwards, so that the
  // clients still get the outcome.
  if (listener_)
    threads_.call_on<void>(0, [this](thread_context&) { close_listeners(); });
  threads_.on_every_one([](thread_context& context) {
    actors::dismiss(context.agents, errc::draining);
  });
  wait_until(close_timeout, [this] { return !lives("agent"); });
  if (system_)
    threads_.call_on<void>(
        0, [](thread_context& context) { actors::clear_shelf(context); });
  // How they ended is recorded before clients learn of it.
  wait_until(close_timeout, [this] { return threads_.unfinished() == 0; });
  threads_.on_every_one([](thread_context& context) {
    actors::dismiss(context.clients, errc::draining);
  });
  wait_until(close_timeout, [this] { return threads_.connections() == 0; });
  // 4. The console's port closes. The core actors end in reverse order, the
  // console and its sessions first.
  if (console_port_)
    threads_.call_on<void>(0,
                           [this](thread_context&) { console_port_->close(); });
  stop_core();
  forget_core();
  stop_store();
  stop_audit();
  // A remaining actor could not run after its thread has ended, and the actor
  // system would wait for it forever.
  if (!actor_stats_->rows().empty())
    end_without_those_left();
  wait_until(close_timeout, [this] { return !metrics_.is_busy(); });
  // 5. The I/O threads end before the actor system, because each holds a
  // reference to a part of it while it runs.
  threads_.stop();
  // 6. Other commands must not look for this daemon any longer.
  dir_.remove_daemon_file();
  log::info("stopped");
}

void running_daemon::close_listeners() {
  listener_->close();
  if (metrics_listener_)
    metrics_listener_->close();
}

void running_daemon::bound_the_end() {
  last_resort_.emplace(
      std::chrono::duration_cast<milliseconds>(values_.shutdown.end_timeout),
      [this] { end_without_those_left(); });
}

void running_daemon::end_without_those_left() {
  log::critical("the daemon cannot stop cleanly; still running: {}; {} "
                "connections open. The process ends anyway",
                describe(actor_stats_->rows()), threads_.connections());
  dir_.remove_daemon_file();
  flush_log(flush_timeout);
  // No destructors: they would wait for the actor that hangs.
  std::_Exit(static_cast<int>(exit_code::failure));
}

void running_daemon::stop_core() {
  if (auto last = supervisor())
    return caf::anon_send(last, actors::stop_atom_v);
  // Without a supervisor, its children must be stopped one by one.
  auto stop = [](const auto& handle) {
    if (handle)
      caf::anon_send_exit(handle, caf::exit_reason::user_shutdown);
  };
  stop(children_->console);
  stop(children_->monitor);
  stop(children_->core.registry);
  stop(children_->core.dispatcher);
  stop(children_->core.events);
}

void running_daemon::forget_core() {
  threads_.on_every_one([](thread_context& context) { context.core = {}; });
  auto trail = std::size_t{audit_.is_open() ? 1U : 0U};
  wait_until(close_timeout,
             [&] { return actor_stats_->rows().size() <= trail; });
}

void running_daemon::stop_store() {
  storage_.stop();
  // What follows the last commits is for the threads, which end soon. The
  // ports must not outlive them: they hold what refers to other threads.
  if (!system_)
    return;
  auto unfinished = [this] {
    std::size_t out = 0;
    for (std::size_t i = 0; i < threads_.size(); ++i)
      out += threads_.call_on<std::size_t>(i, [](thread_context& context) {
        return context.store ? context.store->unfinished() : 0;
      });
    return out;
  };
  wait_until(close_timeout, [&] { return unfinished() == 0; });
  // The last of them may have put something on the shelf.
  threads_.call_on<void>(
      0, [](thread_context& context) { actors::clear_shelf(context); });
  for (std::size_t i = 0; i < threads_.size(); ++i)
    threads_.call_on<void>(
        i, [](thread_context& context) { context.store.reset(); });
}

void running_daemon::stop_audit() {
  threads_.on_every_one([](thread_context& context) { context.audit = {}; });
  actors::log_left_out(log_lines_->collect_all());
  audit_.close();
  wait_until(close_timeout, [this] { return actor_stats_->rows().empty(); });
}

actors::supervisor_actor running_daemon::supervisor() const {
  std::lock_guard guard{supervisor_mutex_};
  return supervisor_;
}

bool running_daemon::lives(std::string_view name) const {
  auto rows = actor_stats_->rows();
  return std::any_of(rows.begin(), rows.end(),
                     [&](const auto& x) { return x.name == name; });
}

bool running_daemon::is_asked_to_stop() const {
  auto signal = signals_.wait(milliseconds{0});
  return signal == SIGTERM || signal == SIGINT;
}

} // namespace bridgekeeper::app
