// What the writer does between batches: checkpoints, retention, backups.

#include "store/dispatches/crash_points.hpp"
#include "store/dispatches/vacuum.hpp"
#include "store/dispatches/writer.hpp"

#include <chrono>
#include <utility>

namespace bridgekeeper::store {

namespace {

using clock = std::chrono::steady_clock;

/// Pages of the WAL between two checkpoints.
constexpr std::int64_t checkpoint_interval = 1'000;
/// 256 MiB. A reader that does not end keeps the WAL from being reused.
constexpr std::int64_t large_wal_pages = (256 << 20) / 4'096;
/// When nothing was left to remove, look again after this time.
constexpr std::chrono::seconds idle_interval{10};
constexpr std::chrono::seconds truncation_interval{1};

failure failed(std::string what) {
  return {errc::unavailable, std::move(what)};
}

} // namespace

void writer::after_commit() {
  auto pages = committer_.wal_pages();
  status_.wal_pages.store(pages, std::memory_order_relaxed);
  // The WAL starts at its beginning again once all of it has been moved.
  if (pages < checkpointed_)
    checkpointed_ = 0;
  if (pages - checkpointed_ < checkpoint_interval)
    return;
  checkpointed_ = pages;
  crash_point("checkpoint");
  auto result = committer_.checkpoint(false);
  if (result.why != fault::none)
    fail({}, {.why = result.why, .detail = "checkpoint"});
  else
    warn_of_large_wal();
}

void writer::warn_of_large_wal() {
  auto is_large = committer_.wal_pages() > large_wal_pages;
  if (is_large && !std::exchange(has_warned_of_wal_, true) && sinks_.warn) {
    auto reading = sinks_.reading ? sinks_.reading() : std::string{};
    sinks_.warn(
        "the store's write-ahead log has grown over 256 MiB, because a "
        "reader does not end: "
        + (reading.empty() ? "another program, such as sqlite3" : reading));
  }
  has_warned_of_wal_ = is_large;
}

void writer::watch_disk(time_point now) {
  auto p99 = times_.end_minute(now);
  if (!p99)
    return;
  auto is_slow = *p99 > commit_times::limit;
  status_.slow_ms.store(is_slow ? p99->count() : 0, std::memory_order_relaxed);
  if (is_slow && sinks_.warn)
    sinks_.warn(slow_disk_sentence(*p99));
}

void writer::idle() {
  auto now = clock::now();
  watch_disk(now);
  if (must_truncate_ && now >= next_truncation_) {
    // What was erased is still in the WAL, perhaps for a reader.
    auto result = committer_.checkpoint(true);
    if (result.why != fault::none) {
      fail({}, {.why = result.why, .detail = "emptying the WAL"});
      return;
    }
    must_truncate_ = !result.is_complete;
    next_truncation_ = now + truncation_interval;
    checkpointed_ = 0;
  }
  if (now < next_idle_)
    return;
  auto has_removed = false;
  auto why = committer_.in_transaction([&](SQLite::Database& db) {
    has_removed = retention_.remove_slice(db, wall_clock_now());
  });
  if (why != fault::none) {
    retention_.recount();
    fail({}, {.why = why, .detail = "removing old rows"});
    return;
  }
  next_idle_ = has_removed ? now : now + idle_interval;
  if (has_removed)
    after_commit();
}

void writer::continue_backup() {
  std::optional<failure> problem;
  try {
    if (!backup_->work->step())
      return;
  } catch (const std::exception& x) {
    problem = failed(x.what());
  }
  auto done = std::move(backup_->done);
  backup_.reset();
  done(problem);
}

// -- requests of other threads ------------------------------------------------

void writer::back_up(std::string target, done_function done) {
  inbox_.put([this, target = std::move(target), done = std::move(done)] {
    if (backup_ || !outage_.is_over()) {
      done(failed(backup_ ? "Another backup is running."
                          : std::string{sentence(outage_.why())} + "."));
      return;
    }
    try {
      refuse_existing(target);
      backup_ = backup_job{
          std::make_unique<running_backup>(committer_.db(), target), done};
    } catch (const unusable_target& problem) {
      done(failure{errc::invalid_message, problem.what()});
    } catch (const std::exception& problem) {
      done(failed(problem.what()));
    }
  });
}

void writer::report_damage(std::string detail) {
  inbox_.put([this, detail = std::move(detail)] {
    if (outage_.why() != fault::corrupt)
      fail({}, {.why = fault::corrupt, .detail = detail});
  });
}

void writer::vacuum(done_function done) {
  inbox_.put([this, done = std::move(done)] {
    if (backup_ || !outage_.is_over()) {
      done(failed("The store cannot be vacuumed now."));
      return;
    }
    try {
      store::vacuum(committer_.db());
      // A reader may still need the WAL, such as the check of the whole file.
      must_truncate_ = !committer_.checkpoint(true).is_complete;
      done({});
    } catch (const std::exception& problem) {
      done(failed(problem.what()));
    }
  });
}

} // namespace bridgekeeper::store
