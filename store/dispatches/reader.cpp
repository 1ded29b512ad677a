#include "store/dispatches/reader.hpp"

#include <SQLiteCpp/Transaction.h>
#include <sqlite3.h>

namespace bridgekeeper::store {

namespace {

using clock = std::chrono::steady_clock;

/// About 50 µs of work.
constexpr int steps_between_checks = 2'000;

} // namespace

reader::reader(connection_options file, status& state)
  : file_(std::move(file)), status_(state), thread_([this] { run(); }) {}

reader::~reader() {
  {
    std::lock_guard guard{shared_->mutex};
    must_end_ = true;
    must_interrupt_ = true;
  }
  shared_->changed.notify_all();
  thread_.join();
}

// -- queries ------------------------------------------------------------------

template <class T, class Work>
void reader::ask(const char* what, Work work, callback<T> done) {
  add({what, [this, work = std::move(work),
              done = std::move(done)](SQLite::Database* db, read_failure why) {
         answer<T> out{std::nullopt, why};
         if (db == nullptr) {
           done(std::move(out));
           return;
         }
         try {
           // All statements of a query see the same state. Destruction ends the
           // transaction, which has changed nothing.
           SQLite::Transaction snapshot{*db};
           out.value = work(*db);
           out.place = take_place();
         } catch (const SQLite::Exception& problem) {
           auto code = problem.getErrorCode() & 0xff;
           out.why = code == SQLITE_INTERRUPT && !must_interrupt_
                         ? read_failure::timed_out
                         : read_failure::unavailable;
           // The writer must know of damage, too.
           if (classify(code, 0) == fault::corrupt)
             status_.is_damaged = true;
         }
         done(std::move(out));
       }});
}

void reader::list(dispatch_filter filter, callback<dispatch_page> done) {
  ask<dispatch_page>(
      "a list of dispatches",
      [filter = std::move(filter)](SQLite::Database& db) {
        return list_dispatches(db, filter);
      },
      std::move(done));
}

void reader::find(message_id id, callback<std::optional<dispatch_row>> done) {
  ask<std::optional<dispatch_row>>(
      "a search for a dispatch",
      [id = std::move(id)](SQLite::Database& db) {
        return find_dispatch(db, id);
      },
      std::move(done));
}

void reader::history(message_id id,
                     callback<std::optional<dispatch_details>> done) {
  ask<std::optional<dispatch_details>>(
      "the history of a dispatch",
      [id = std::move(id)](SQLite::Database& db) {
        return dispatch_history(db, id);
      },
      std::move(done));
}

void reader::known_key(std::string scope, std::string key,
                       callback<std::optional<key_use>> done) {
  ask<std::optional<key_use>>(
      "a search for an idempotency key",
      [scope = std::move(scope), key = std::move(key)](SQLite::Database& db) {
        return find_key(db, scope, key, wall_clock_now());
      },
      std::move(done));
}

void reader::short_id(std::string text, callback<short_id_match> done) {
  ask<short_id_match>(
      "a search for a short id",
      [text = std::move(text)](SQLite::Database& db) {
        return find_short_id(db, text);
      },
      std::move(done));
}

void reader::events(stream_name which, std::uint64_t after, std::size_t limit,
                    callback<past_events> done) {
  ask<past_events>(
      "the events of a stream",
      [which = std::move(which), after, limit](SQLite::Database& db) {
        return list_events(db, which, after, limit);
      },
      std::move(done));
}

void reader::events(message_id dispatch, std::uint64_t after,
                    std::size_t max_bytes,
                    callback<std::optional<past_events>> done) {
  ask<std::optional<past_events>>(
      "the events of a dispatch",
      [dispatch = std::move(dispatch), after, max_bytes](SQLite::Database& db) {
        return list_events(db, dispatch, after, max_bytes);
      },
      std::move(done));
}

std::shared_ptr<const void> reader::take_place() {
  {
    std::lock_guard guard{shared_->mutex};
    ++shared_->untaken;
  }
  // If this fails, it releases the place, too.
  return {nullptr, [shared = shared_](const void*) {
            {
              std::lock_guard guard{shared->mutex};
              --shared->untaken;
            }
            shared->changed.notify_all();
          }};
}

void reader::add(query x) {
  std::unique_lock guard{shared_->mutex};
  if (waiting_.size() >= max_waiting) {
    guard.unlock();
    x.run(nullptr, read_failure::overloaded);
    return;
  }
  waiting_.push_back(std::move(x));
  guard.unlock();
  shared_->changed.notify_all();
}

std::string reader::busy_with() const {
  std::lock_guard guard{shared_->mutex};
  if (*busy_with_ == '\0')
    return {};
  auto ms = std::chrono::duration_cast<std::chrono::milliseconds>(
      clock::now() - busy_since_);
  return std::string{busy_with_} + ", for " + std::to_string(ms.count())
         + " ms";
}

// -- the thread ---------------------------------------------------------------

void reader::suspend() {
  std::unique_lock guard{shared_->mutex};
  is_suspended_ = true;
  must_interrupt_ = true;
  shared_->changed.notify_all();
  shared_->changed.wait(guard, [this] { return is_closed_; });
}

void reader::resume() {
  {
    std::lock_guard guard{shared_->mutex};
    is_suspended_ = false;
    must_interrupt_ = false;
  }
  shared_->changed.notify_all();
}

void reader::run() {
  std::unique_lock guard{shared_->mutex};
  for (;;) {
    if (is_suspended_ && !is_closed_) {
      db_.reset();
      is_closed_ = true;
      shared_->changed.notify_all();
    }
    if (must_end_ && waiting_.empty())
      break;
    auto may_open = !is_suspended_ && !must_end_;
    if (waiting_.empty() || (may_open && shared_->untaken >= max_untaken)) {
      shared_->changed.wait(guard);
      continue;
    }
    auto next = std::move(waiting_.front());
    waiting_.pop_front();
    busy_with_ = next.what;
    busy_since_ = clock::now();
    is_closed_ = is_closed_ && !may_open;
    guard.unlock();
    if (may_open)
      serve(std::move(next));
    else
      next.run(nullptr, read_failure::unavailable);
    guard.lock();
    busy_with_ = "";
  }
  db_.reset();
  is_closed_ = true;
  shared_->changed.notify_all();
}

void reader::serve(query x) {
  if (!db_ && !open()) {
    x.run(nullptr, read_failure::unavailable);
    return;
  }
  deadline_ = clock::now() + time_limit;
  x.run(db_.get(), read_failure::none);
}

bool reader::open() noexcept {
  try {
    db_ = open_reader(file_);
  } catch (const std::exception&) {
    db_.reset();
    return false;
  }
  sqlite3_progress_handler(
      db_->getHandle(), steps_between_checks,
      [](void* self) {
        auto& me = *static_cast<reader*>(self);
        return me.must_interrupt_ || clock::now() > me.deadline_ ? 1 : 0;
      },
      this);
  return true;
}

} // namespace bridgekeeper::store
