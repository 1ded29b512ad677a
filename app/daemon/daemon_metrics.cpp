#include "app/daemon/daemon_metrics.hpp"

#include "actors/dispatch_shelf.hpp"
#include "actors/store_port.hpp"
#include "app/metrics/metrics_text.hpp"
#include "domain/timestamp.hpp"
#include "net/error_boundary.hpp"

#include <caf/actor_system.hpp>
#include <caf/event_based_actor.hpp>

#include <atomic>
#include <utility>

namespace bridgekeeper::app {

using api::thread_context;

/// One answer in the making. Each thread writes its own part; only the last of
/// them, and then the pool, read all.
struct daemon_metrics::round {
  metrics::metric_sources found;
  std::atomic<std::size_t> missing{0};
};

daemon_metrics::daemon_metrics(daemon_threads& threads,
                               std::shared_ptr<actor_statistics> actors,
                               std::shared_ptr<admission> admissions)
  : threads_(threads), actors_(std::move(actors)),
    admissions_(std::move(admissions)) {}

void daemon_metrics::show(std::shared_ptr<const net::listener_counts> x) {
  std::lock_guard guard{mutex_};
  listener_ = std::move(x);
}

bool daemon_metrics::is_busy() {
  std::lock_guard guard{mutex_};
  return !waiters_.empty();
}

void daemon_metrics::gather(std::size_t thread,
                            std::function<void(const std::string&)> then) {
  {
    std::lock_guard guard{mutex_};
    waiters_.push_back({thread, std::move(then)});
    if (waiters_.size() > 1)
      return;
  }
  start_round();
}

void daemon_metrics::start_round() {
  auto now = std::make_shared<round>();
  now->found.threads.resize(threads_.size());
  now->missing = threads_.size();
  for (std::size_t i = 0; i < threads_.size(); ++i)
    threads_.thread(i).post(
        [this, now, i, posted = std::chrono::steady_clock::now()] {
          threads_.thread(i).note_lag(posted);
          net::contain("counting for the metrics",
                       [&] { visit(*now, i, threads_.context(i)); });
          if (now->missing.fetch_sub(1) == 1)
            finish(now);
        });
}

void daemon_metrics::visit(round& x, std::size_t index,
                           thread_context& context) const {
  auto& found = x.found.threads[index];
  found.counts = &context.counts;
  found.labelled = &context.metrics;
  found.loop_lag = &threads_.thread(index).loop_lag();
  found.census = actors::take_census(context);
  // What all threads share is read on the first of them.
  if (index > 0)
    return;
  auto& all = x.found;
  if (context.store)
    all.store = {&context.store->state(), context.store->waiting_bytes()};
  if (context.ledger) {
    all.unregistered_connections = context.ledger->unregistered();
    all.cut_connections = context.ledger->cut();
  }
  all.shelved_dispatches = context.shelf->size();
  all.event_backlog =
      context.core.event_backlog->load(std::memory_order_relaxed);
  all.reader_bytes = context.output->total();
  all.is_draining = context.draining;
}

void daemon_metrics::finish(const std::shared_ptr<round>& x) {
  // An actor without an interface, which ends with this one call.
  system_->spawn([this, x] { answer(*x); });
}

void daemon_metrics::answer(round& x) {
  auto text = std::make_shared<std::string>();
  net::contain("the text of the metrics", [&] {
    auto& found = x.found;
    for (std::size_t i = 0; i < threads_.size(); ++i) {
      found.threads[i].cpu = threads_.thread(i).cpu_time();
      found.threads[i].connections = threads_.thread(i).connections.load();
    }
    found.actors = actors_->totals();
    found.costs = admissions_->costs(wall_clock_now());
    found.process = metrics::read_process_figures();
    {
      std::lock_guard guard{mutex_};
      found.listener = listener_;
    }
    *text = metrics::metrics_text(found);
  });
  std::vector<waiter> waiters;
  {
    std::lock_guard guard{mutex_};
    waiters = std::exchange(waiters_, {});
  }
  for (auto& each : waiters)
    threads_.thread(each.thread).post([then = std::move(each.then), text] {
      then(*text);
    });
}

} // namespace bridgekeeper::app
