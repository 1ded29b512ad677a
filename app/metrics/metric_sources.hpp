#pragma once

#include "actors/thread_census.hpp"
#include "app/metrics/process_figures.hpp"
#include "domain/actor_statistics.hpp"
#include "domain/cost_ledger.hpp"
#include "domain/counters.hpp"
#include "domain/thread_metrics.hpp"
#include "net/listener_counts.hpp"
#include "net/server/io_thread.hpp"
#include "store/dispatches/status.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace bridgekeeper::metrics {

/// What one scrape shows. The counters behind pointers go on counting; each is
/// read once.
struct metric_sources {
  struct io_thread {
    const counters* counts = nullptr;
    const thread_metrics* labelled = nullptr;
    const net::io_thread::lag_histogram* loop_lag = nullptr;
    actors::thread_census census;
    std::chrono::nanoseconds cpu{0};
    std::size_t connections = 0;
  };

  /// By index.
  std::vector<io_thread> threads;
  std::map<std::string, actor_statistics::kind_totals, std::less<>> actors;

  struct store_state {
    const store::status* state = nullptr;
    /// The memory of what waits to be stored.
    std::size_t waiting_bytes = 0;
  };

  /// Empty if the daemon has no store.
  std::optional<store_state> store;
  cost_view costs;

  /// Null until the daemon listens.
  std::shared_ptr<const net::listener_counts> listener;
  std::size_t unregistered_connections = 0;
  std::uint64_t cut_connections = 0;

  std::size_t shelved_dispatches = 0;
  std::size_t event_backlog = 0;
  std::size_t reader_bytes = 0;
  bool is_draining = false;
  process_figures process;
};

} // namespace bridgekeeper::metrics
