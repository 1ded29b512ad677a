#include "app/metrics/metrics_text.hpp"

namespace bridgekeeper::metrics {

namespace {

/// Of SQLite, as `store::connection` leaves it.
constexpr double page_bytes = 4096;

} // namespace

void add_store_families(family_list& to, const metric_sources& from) {
  if (!from.store)
    return;
  const auto& state = *from.store->state;
  auto is_writable = state.trouble.load() == store::fault::none;
  to.gauge("bridgekeeper_store_writable",
           "Whether the store can write: 1, or 0 if it is in trouble.",
           is_writable ? 1 : 0);
  to.histogram(
      "bridgekeeper_store_commit_seconds",
      "Time that a batch took from its first operation to the end of its "
      "commit; synced: whether the commit waited for the disk.",
      {add_up<50'000, 19>({&state.synced_times}, seconds_per_nanosecond,
                          {{"synced", "true"}}),
       add_up<50'000, 19>({&state.unsynced_times}, seconds_per_nanosecond,
                          {{"synced", "false"}})});
  to.histogram("bridgekeeper_store_batch_operations",
               "Operations that were committed together.",
               {add_up<1, 10>({&state.batches}, 1)});
  to.gauge("bridgekeeper_store_waiting_bytes",
           "Memory of operations that wait to be stored and of events that "
           "wait to be published.",
           static_cast<double>(from.store->waiting_bytes));
  to.gauge("bridgekeeper_store_wal_bytes",
           "Size of the write-ahead log in use after the last commit.",
           static_cast<double>(state.wal_pages.load()) * page_bytes);
}

} // namespace bridgekeeper::metrics
