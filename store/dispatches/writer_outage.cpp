// How the writer behaves while the store cannot write: see `outage`.

#include "store/dispatches/writer.hpp"

#include <chrono>
#include <iterator>
#include <utility>

namespace bridgekeeper::store {

namespace {

using clock = std::chrono::steady_clock;

/// After an I/O error, nothing that the connection remembers can be trusted. A
/// file that could not be written may have been replaced.
bool needs_reopening(fault why) noexcept {
  return why == fault::io_error || why == fault::read_only;
}

} // namespace

void writer::note_trouble(fault why, const std::string& detail) {
  auto is_new = outage_.why() != why;
  outage_.begin(why, needs_reopening(why));
  status_.trouble.store(why, std::memory_order_relaxed);
  if (!is_new || !sinks_.warn)
    return;
  if (why == fault::newer_schema)
    // The text of the `open_error` is complete.
    return sinks_.warn(detail + " No dispatch is accepted until then.");
  auto text = std::string{sentence(why)};
  sinks_.warn(text + ": " + detail
              + (may_pass(why)
                     ? "; new dispatches are refused until it can be written"
                     : "; no dispatch is accepted until the operator has "
                       "repaired or removed it and restarted the daemon"));
}

void writer::fail(std::vector<operation> batch, const batch_result& result) {
  note_trouble(result.why, result.detail);
  if (backup_) {
    backup_->done(
        failure{errc::unavailable, std::string{sentence(result.why)} + "."});
    backup_.reset();
  }
  std::vector<std::uint32_t> threads;
  std::vector<completion> refused;
  if (result.is_unknown) {
    outage_.begin(result.why, true);
    outage_.set_unresolved(std::move(batch), clock::now());
  } else {
    // Operations that were parked before this batch was taken are older.
    refused = outage_.park(std::move(batch), threads);
  }
  // Before the refusals are posted, so that their receivers see what waits.
  status_.parked_bytes.store(outage_.parked_bytes(), std::memory_order_relaxed);
  post(std::move(refused), threads);
  if (result.why == fault::corrupt)
    committer_.close();
  if (result.why == fault::full)
    ballast_.drop();
  // At once: the ballast may have made room, and an error may have been one of
  // its kind.
  outage_.probe_at(clock::now());
}

void writer::serve_outage() {
  std::vector<std::uint32_t> threads;
  auto arrived = inbox_.take();
  auto refused = outage_.park(std::move(arrived), threads);
  status_.parked_bytes.store(outage_.parked_bytes(), std::memory_order_relaxed);
  post(std::move(refused), threads);
  threads.clear();
  auto answers = outage_.preliminary(clock::now(), threads);
  post(std::move(answers), threads);
  if (clock::now() >= outage_.next_probe()) {
    outage_.probe_at(clock::now() + outage::probe_interval);
    if (may_pass(outage_.why()))
      recover();
  }
  status_.parked_bytes.store(outage_.parked_bytes(), std::memory_order_relaxed);
}

void writer::recover() {
  if (!may_pass(outage_.why()))
    return;
  auto why = outage_.needs_reopening() ? reopen() : committer_.probe();
  if (why == fault::none && outage_.needs_reopening()) {
    outage_.reopened();
    if (sinks_.open_readers)
      sinks_.open_readers();
  }
  if (why != fault::none) {
    note_trouble(why, "probe");
    return;
  }
  if (commit_parked())
    end_outage();
}

fault writer::reopen() {
  // All connections, because the last one to close makes the next one read the
  // WAL afresh. What that finds is the truth about the failed commit.
  if (sinks_.close_readers)
    sinks_.close_readers();
  try {
    committer_.reopen();
    // A commit may only be believed once it is on disk for certain. The WAL
    // whose synchronization failed is not; what is moved from it now is.
    auto moved = committer_.checkpoint(true);
    auto why = moved.why != fault::none ? moved.why : committer_.probe();
    if (why == fault::none && !moved.is_complete)
      why = fault::busy;
    if (why == fault::none)
      settle_unresolved();
    return why;
  } catch (const open_error& problem) {
    if (problem.why() == fault::newer_schema)
      note_trouble(problem.why(), problem.what());
    return problem.why();
  } catch (const SQLite::Exception& problem) {
    auto why = classify(problem.getErrorCode(), committer_.system_error());
    committer_.close();
    return why;
  }
}

void writer::settle_unresolved() {
  if (!outage_.has_unresolved())
    return;
  std::vector<std::uint32_t> threads;
  if (committer_.was_committed()) {
    deliver(outage_.take_unresolved(), committer_.take_recovered());
  } else {
    auto refused = outage_.retry_unresolved(threads);
    post(std::move(refused), threads);
  }
}

bool writer::commit_parked() {
  while (outage_.has_parked()) {
    auto batch = outage_.take_parked(inbox::max_operations);
    auto result = committer_.run(batch, true, wall_clock_now());
    if (result.is_defect) {
      commit_one_by_one(std::move(batch));
      if (outage_.has_unresolved())
        return false;
      continue;
    }
    if (result.why != fault::none) {
      park_failed(std::move(batch), result);
      return false;
    }
    deliver(batch, std::move(result));
  }
  return true;
}

void writer::park_failed(std::vector<operation> batch,
                         const batch_result& result) {
  note_trouble(result.why, result.detail);
  if (result.is_unknown) {
    outage_.begin(result.why, true);
    outage_.set_unresolved(std::move(batch), clock::now());
  } else {
    outage_.park_first(std::move(batch));
  }
}

void writer::commit_one_by_one(std::vector<operation> batch) {
  for (auto i = batch.begin(); i != batch.end(); ++i) {
    std::vector<operation> single;
    single.push_back(std::move(*i));
    auto result = committer_.run(single, true, wall_clock_now());
    if (result.is_defect) {
      if (sinks_.warn)
        sinks_.warn("an operation cannot be stored: " + result.detail);
      completion refusal;
      refusal.token = single[0].token;
      refusal.what = outcome::refused;
      post({refusal}, {single[0].thread});
    } else if (result.why != fault::none) {
      outage_.park_first({std::make_move_iterator(i + 1),
                          std::make_move_iterator(batch.end())});
      park_failed(std::move(single), result);
      outage_.probe_at(clock::now());
      return;
    } else {
      deliver(single, std::move(result));
    }
  }
}

void writer::end_outage() {
  // A disk without room for the ballast has no room for new work either.
  if (outage_.why() == fault::full && !ballast_.restore()) {
    outage_.probe_at(clock::now() + outage::probe_interval);
    return;
  }
  outage_.end();
  status_.trouble.store(fault::none, std::memory_order_relaxed);
  checkpointed_ = 0;
  retention_.recount();
  if (sinks_.warn)
    sinks_.warn("the store can be written again");
}

void writer::give_up_parked() {
  std::vector<std::uint32_t> threads;
  auto answers = outage_.give_up(threads);
  post(std::move(answers), threads);
}

} // namespace bridgekeeper::store
