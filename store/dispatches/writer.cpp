#include "store/dispatches/writer.hpp"

#include "store/dispatches/crash_points.hpp"

#include <algorithm>
#include <chrono>
#include <stdexcept>
#include <utility>

namespace bridgekeeper::store {

namespace {

using clock = std::chrono::steady_clock;

/// Old rows are removed only while commits are this small.
constexpr std::size_t quiet_batch = 50;

bool must_sync(const operation& x) noexcept {
  return x.level == durability::full && urgency_of(x) == urgency::gated;
}

bool is_full_disk(const std::runtime_error& problem) noexcept {
  if (auto known = dynamic_cast<const open_error*>(&problem))
    return known->why() == fault::full;
  auto from_sqlite = dynamic_cast<const SQLite::Exception*>(&problem);
  return from_sqlite != nullptr
         && classify(from_sqlite->getErrorCode(), 0) == fault::full;
}

} // namespace

writer::writer(writer_options options, writer_sinks sinks, status& state)
  : options_(std::move(options)), sinks_(std::move(sinks)), status_(state),
    committer_(options_.file),
    ballast_(options_.file.path + ".ballast", options_.ballast_bytes),
    retention_(options_.keep) {
  if constexpr (has_crash_points)
    committer_.on_early = [this](std::span<const operation> batch,
                                 batch_result& result) {
      batch_result early;
      early.completions = std::exchange(result.completions, {});
      deliver({batch.begin(), batch.end()}, std::move(early));
    };
}

writer::~writer() {
  stop();
}

// -- start and stop -----------------------------------------------------------

loaded_state writer::start(const migration_notice& notice) {
  loaded_state out;
  auto load = [&] {
    committer_.open(notice);
    auto record =
        record_start(committer_.db(), committer_.position(), options_.version);
    auto identity = keep_identity(committer_.db(), options_.proposed);
    out = load_state(committer_.db(), wall_clock_now(), options_.tail);
    load_spending(committer_.db(), identity, out);
    epoch_ = out.epoch = record.epoch;
    out.was_clean = record.was_clean;
    // It may have been killed before it emptied the WAL after an erasure.
    must_truncate_ =
        !record.was_clean && !committer_.checkpoint(true).is_complete;
    next_number_ = out.next_number;
  };
  try {
    try {
      load();
    } catch (const std::runtime_error& problem) {
      if (!is_full_disk(problem))
        throw;
      ballast_.drop();
      load();
      note_trouble(fault::full, problem.what());
    }
    if (outage_.is_over() && !ballast_.restore() && sinks_.warn)
      sinks_.warn("there is no room for the file that reserves space for the "
                  "store: "
                  + options_.file.path + ".ballast");
  } catch (const open_error& problem) {
    if (problem.why() != fault::newer_schema)
      throw;
    // What a later version has written must be neither changed nor misread.
    if (sinks_.close_readers)
      sinks_.close_readers();
    note_trouble(problem.why(), problem.what());
  } catch (const SQLite::Exception& problem) {
    auto why = classify(problem.getErrorCode(), 0);
    if (why != fault::corrupt)
      throw open_error{why, "Cannot use the store " + options_.file.path + ": "
                                + problem.what()
                                + ". Choose another directory with --data-dir "
                                  "DIR, or durability = \"none\"."};
    committer_.close();
    out = {};
    note_trouble(why, problem.what());
  }
  thread_ = std::thread{[this] { run(); }};
  return out;
}

void writer::stop() {
  if (!thread_.joinable())
    return;
  inbox_.close();
  thread_.join();
}

void writer::run() {
  while (inbox_.wait(next_wake()))
    serve();
  finish();
}

void writer::finish() {
  // They may have found damage.
  if (sinks_.close_readers)
    sinks_.close_readers();
  take_requests();
  if (backup_)
    backup_->done(failure{errc::unavailable, "The daemon is stopping."});
  backup_.reset();
  if (!outage_.is_over()) {
    recover();
    give_up_parked();
  }
  if (outage_.is_over()) {
    std::ignore = committer_.in_transaction([this](SQLite::Database& db) {
      committer_.save_heads();
      // Otherwise the next daemon checks the store.
      if (!status_.is_check_due)
        record_end(db, epoch_);
    });
    std::ignore = committer_.checkpoint(must_truncate_);
  }
  // The end of an outage opens them again.
  if (sinks_.close_readers)
    sinks_.close_readers();
  committer_.close();
}

// -- any thread ---------------------------------------------------------------

void writer::submit(std::uint32_t thread, std::vector<operation> operations) {
  inbox_.put(thread, std::move(operations));
}

std::size_t writer::waiting_bytes() const noexcept {
  return inbox_.bytes() + status_.parked_bytes.load(std::memory_order_relaxed);
}

// -- the loop -----------------------------------------------------------------

time_point writer::next_wake() const {
  if (!outage_.is_over())
    return outage_.next_probe();
  if (backup_)
    return time_point::min();
  return must_truncate_ ? std::min(next_idle_, next_truncation_) : next_idle_;
}

void writer::serve() {
  take_requests();
  // Writing to a damaged file spreads the damage.
  if (status_.is_damaged.exchange(false) && outage_.why() != fault::corrupt)
    fail({}, {.why = fault::corrupt, .detail = "found by a query"});
  if (!outage_.is_over()) {
    serve_outage();
    return;
  }
  auto batch = inbox_.take();
  auto is_quiet = batch.size() < quiet_batch;
  if (!batch.empty())
    commit(std::move(batch));
  if (outage_.is_over() && backup_)
    continue_backup();
  if (outage_.is_over() && is_quiet)
    idle();
}

void writer::take_requests() {
  for (auto& x : inbox_.take_requests())
    x();
}

void writer::commit(std::vector<operation> batch) {
  auto sync = std::any_of(batch.begin(), batch.end(), must_sync);
  auto start = clock::now();
  auto result = committer_.run(batch, sync, wall_clock_now());
  if (result.is_defect) {
    commit_one_by_one(std::move(batch));
    return;
  }
  if (result.why != fault::none) {
    fail(std::move(batch), result);
    return;
  }
  auto now = clock::now();
  observe(sync ? status_.synced_times : status_.unsynced_times, now - start);
  status_.batches.observe(batch.size());
  if (sync) {
    times_.add(now - start, now);
    watch_disk(now);
    status_.synced_commits.fetch_add(1, std::memory_order_relaxed);
  }
  status_.commits.fetch_add(1, std::memory_order_relaxed);
  status_.operations.fetch_add(batch.size(), std::memory_order_relaxed);
  deliver(batch, std::move(result));
  after_commit();
}

// -- results ------------------------------------------------------------------

void writer::deliver(const std::vector<operation>& batch, batch_result result) {
  if (std::any_of(batch.begin(), batch.end(), is_erasure)) {
    must_truncate_ = true;
    retention_.recount();
  }
  if (!result.events.empty() && sinks_.publish) {
    std::vector<event_ptr> events;
    events.reserve(result.events.size());
    for (auto& x : result.events) {
      x.what->sequence = x.sequence;
      x.what->at = x.at;
      events.push_back(std::move(x.what));
    }
    sinks_.publish(std::move(events));
  }
  std::vector<std::uint32_t> threads;
  threads.reserve(batch.size());
  for (const auto& x : batch)
    threads.push_back(x.thread);
  // The mutation `answer_first` has already posted them.
  threads.resize(result.completions.size());
  post(std::move(result.completions), threads);
}

void writer::post(std::vector<completion> completions,
                  const std::vector<std::uint32_t>& threads) {
  std::vector<std::vector<completion>> by_thread;
  for (std::size_t i = 0; i < completions.size(); ++i) {
    if (completions[i].token == 0)
      continue;
    if (threads[i] >= by_thread.size())
      by_thread.resize(threads[i] + 1);
    by_thread[threads[i]].push_back(std::move(completions[i]));
  }
  for (std::size_t i = 0; i < by_thread.size(); ++i)
    if (!by_thread[i].empty())
      sinks_.post(static_cast<std::uint32_t>(i), std::move(by_thread[i]));
}

} // namespace bridgekeeper::store
