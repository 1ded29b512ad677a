#include "store/dispatches/committer.hpp"

#include "store/dispatches/crash_points.hpp"
#include "store/dispatches/load.hpp"

#include <algorithm>
#include <sqlite3.h>
#include <tuple>
#include <unordered_set>
#include <utility>

namespace bridgekeeper::store {

namespace {

/// Errors that say nothing about the store, only about the operation.
bool is_defect(int code) noexcept {
  return code == SQLITE_CONSTRAINT || code == SQLITE_MISMATCH
         || code == SQLITE_TOOBIG || code == SQLITE_ERROR
         || code == SQLITE_RANGE;
}

/// The dispatches that end in this batch, so that rows need not show what is
/// over before anyone can see it.
std::unordered_set<std::int64_t>
ended_in(std::span<const operation> operations) {
  std::unordered_set<std::int64_t> out;
  auto is_lazy = [](const auto& x) { return urgency_of(x) == urgency::lazy; };
  if (std::any_of(operations.begin(), operations.end(), is_lazy))
    for (const auto& x : operations)
      if (auto end = std::get_if<end_dispatch>(&x.body))
        out.insert(static_cast<std::int64_t>(end->when.number));
  return out;
}

bool is_superseded(const operation& x,
                   const std::unordered_set<std::int64_t>& ended) {
  auto has_ended = [&](dispatch_number number) {
    return ended.contains(static_cast<std::int64_t>(number));
  };
  if (auto mark = std::get_if<mark_running>(&x.body))
    return has_ended(mark->number);
  if (auto mark = std::get_if<mark_accepted>(&x.body))
    return has_ended(mark->number);
  return false;
}

} // namespace

committer::committer(connection_options options)
  : options_(std::move(options)) {}

committer::~committer() {
  close();
}

// -- opening ------------------------------------------------------------------

void committer::open(const migration_notice& notice) {
  close();
  try {
    db_ = open_writer(options_);
    std::ignore = migrate(*db_, migrations(), notice);
    position_ = load_position(*db_);
    prepare();
  } catch (...) {
    close();
    throw;
  }
}

void committer::reopen() {
  close();
  try {
    db_ = open_writer(options_);
    if (version_of(*db_, migrations()) != migrations().back().to)
      throw open_error{fault::corrupt, "The store " + options_.path
                                           + " was replaced. Restart the "
                                             "daemon to use the new one."};
    prepare();
  } catch (...) {
    close();
    throw;
  }
}

void committer::prepare() {
  is_full_ = true;
  is_erasing_ = false;
  wal_pages_ = 0;
  sqlite3_wal_hook(
      db_->getHandle(),
      [](void* self, sqlite3*, const char*, int pages) {
        static_cast<committer*>(self)->wal_pages_ = pages;
        return SQLITE_OK;
      },
      this);
  begin_.emplace(*db_, "BEGIN IMMEDIATE");
  commit_.emplace(*db_, "COMMIT");
  applier_.emplace(*db_, position_);
}

void committer::close() noexcept {
  applier_.reset();
  commit_.reset();
  begin_.reset();
  db_.reset();
}

// -- batches ------------------------------------------------------------------

batch_result committer::run(std::span<const operation> operations, bool sync,
                            timestamp now) noexcept {
  batch_result out;
  auto is_committing = false;
  try {
    choose_erasure(
        std::any_of(operations.begin(), operations.end(), is_erasure));
    choose_sync(sync || !position_.has_room_for(max_events(operations)));
    begin_->run();
    applier_->begin(now);
    apply_all(operations, out);
    applier_->complete();
    if (is_mutated("answer_first") && on_early)
      on_early(operations, out);
    crash_point("before_commit");
    is_committing = true;
    commit_->run();
    crash_point("after_commit");
    out.events = applier_->events().take();
  } catch (...) {
    auto code = 0;
    out.why = current_fault(code, out.detail);
    // A full disk cuts the commit off before its end, and a lock before its
    // start. After anything else, the disk may have all of it.
    out.is_unknown =
        is_committing && code != SQLITE_FULL && code != SQLITE_BUSY;
    out.is_defect = is_defect(code);
    if (out.is_unknown) {
      failed_ = failed_batch{out, applier_->seen(), position_};
      failed_->result.why = fault::none;
      failed_->result.events = applier_->events().pending();
    }
    out.completions.clear();
    roll_back();
  }
  return out;
}

void committer::apply_all(std::span<const operation> operations,
                          batch_result& out) {
  out.completions.reserve(operations.size());
  auto ended = ended_in(operations);
  for (const auto& x : operations)
    if (is_superseded(x, ended))
      out.completions.push_back({x.token});
    else
      out.completions.push_back(applier_->apply(x));
}

void committer::choose_sync(bool full) {
  if (is_mutated("no_sync"))
    return set_pragma(*db_, "synchronous = OFF");
  if (std::exchange(is_full_, full) != full)
    set_pragma(*db_, full ? "synchronous = FULL" : "synchronous = NORMAL");
}

void committer::choose_erasure(bool on) {
  if (std::exchange(is_erasing_, on) != on)
    set_pragma(*db_, on ? "secure_delete = ON" : "secure_delete = FAST");
}

fault committer::current_fault(int& code, std::string& detail) noexcept {
  try {
    throw;
  } catch (const SQLite::Exception& problem) {
    code = problem.getErrorCode() & 0xff;
    detail = problem.what();
    return classify(code, system_error());
  } catch (const open_error& problem) {
    detail = problem.what();
    return problem.why();
  } catch (const std::exception& problem) {
    detail = problem.what();
    return fault::io_error;
  }
}

int committer::system_error() const noexcept {
  if (!db_)
    return 0;
  // SQLite does not remember the errno of a failed commit, but the file does.
  auto out = 0;
  sqlite3_file* wal = nullptr;
  if (sqlite3_file_control(db_->getHandle(), "main",
                           SQLITE_FCNTL_JOURNAL_POINTER, &wal)
          == SQLITE_OK
      && wal != nullptr && wal->pMethods != nullptr)
    wal->pMethods->xFileControl(wal, SQLITE_FCNTL_LAST_ERRNO, &out);
  if (out == 0)
    sqlite3_file_control(db_->getHandle(), "main", SQLITE_FCNTL_LAST_ERRNO,
                         &out);
  return out != 0 ? out : sqlite3_system_errno(db_->getHandle());
}

void committer::roll_back() noexcept {
  if (db_ && sqlite3_get_autocommit(db_->getHandle()) == 0)
    sqlite3_exec(db_->getHandle(), "ROLLBACK", nullptr, nullptr, nullptr);
  if (applier_)
    applier_->roll_back();
}

bool committer::was_committed() {
  if (!failed_ || !failed_->seen || !applier_->finds(*failed_->seen)) {
    failed_.reset();
    return false;
  }
  position_ = failed_->position;
  return true;
}

batch_result committer::take_recovered() {
  auto out = std::move(failed_->result);
  failed_.reset();
  return out;
}

// -- other work ---------------------------------------------------------------

fault committer::fail_transaction() noexcept {
  auto code = 0;
  std::string detail;
  auto out = current_fault(code, detail);
  roll_back();
  return out;
}

fault committer::in_transaction(
    const std::function<void(SQLite::Database&)>& work) noexcept {
  try {
    choose_sync(false);
    begin_->run();
    applier_->begin(wall_clock_now());
    work(*db_);
    commit_->run();
    std::ignore = applier_->events().take();
    return fault::none;
  } catch (...) {
    return fail_transaction();
  }
}

fault committer::probe() noexcept {
  try {
    choose_sync(true);
    begin_->run();
    db_->exec("INSERT OR REPLACE INTO meta VALUES('probed_us', "
              + std::to_string(wall_clock_now().time_since_epoch().count())
              + ")");
    commit_->run();
    return fault::none;
  } catch (...) {
    return fail_transaction();
  }
}

checkpoint_result committer::checkpoint(bool truncate) noexcept {
  checkpoint_result out;
  auto total = 0;
  auto moved = 0;
  // Commits must not wait for readers. Truncation is tried again later.
  sqlite3_busy_timeout(db_->getHandle(), 0);
  auto code = sqlite3_wal_checkpoint_v2(db_->getHandle(), "main",
                                        truncate ? SQLITE_CHECKPOINT_TRUNCATE
                                                 : SQLITE_CHECKPOINT_PASSIVE,
                                        &total, &moved);
  sqlite3_busy_timeout(db_->getHandle(), options_.busy_ms);
  out.wal_pages = total;
  out.moved_pages = moved;
  out.is_complete = code == SQLITE_OK && total == moved;
  // That a reader holds pages of the log is normal, not a fault.
  if (code != SQLITE_OK && code != SQLITE_BUSY)
    out.why = classify(code, system_error());
  if (truncate && out.is_complete)
    wal_pages_ = 0;
  return out;
}

} // namespace bridgekeeper::store
