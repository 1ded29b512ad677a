#include "store/dispatches/background_check.hpp"

#include "store/dispatches/statement.hpp"

#include <sqlite3.h>
#include <tuple>
#include <utility>

namespace bridgekeeper::store {

namespace {

using clock = std::chrono::steady_clock;

/// SQLite forgets an interrupt that comes before the check's first step.
constexpr std::chrono::milliseconds interrupt_interval{5};

/// Without SQLite's first line, which only names the database.
std::string first_finding(const std::string& text) {
  auto end_of_title = text.find('\n');
  if (!text.starts_with("***") || end_of_title == std::string::npos)
    return text;
  return text.substr(end_of_title + 1);
}

} // namespace

background_check::background_check(
    connection_options file, std::function<void(const check_outcome&)> done)
  : file_(std::move(file)), done_(std::move(done)) {}

background_check::~background_check() {
  {
    std::unique_lock guard{mutex_};
    must_end_ = true;
    interrupt(guard);
  }
  if (thread_.joinable())
    thread_.join();
}

void background_check::start() {
  thread_ = std::thread{[this] { run(); }};
}

void background_check::suspend() {
  std::unique_lock guard{mutex_};
  is_suspended_ = true;
  interrupt(guard);
}

void background_check::resume() {
  {
    std::lock_guard guard{mutex_};
    is_suspended_ = false;
  }
  changed_.notify_all();
}

void background_check::interrupt(std::unique_lock<std::mutex>& guard) {
  changed_.notify_all();
  while (is_busy_) {
    if (db_)
      sqlite3_interrupt(db_->getHandle());
    changed_.wait_for(guard, interrupt_interval);
  }
}

std::string background_check::busy_with() const {
  std::lock_guard guard{mutex_};
  return is_busy_ ? "the check that follows an unclean end" : "";
}

// -- the thread ---------------------------------------------------------------

void background_check::run() {
  std::unique_lock guard{mutex_};
  auto is_over = false;
  while (!is_over && !must_end_) {
    if (is_suspended_) {
      changed_.wait(guard);
      continue;
    }
    is_busy_ = true;
    guard.unlock();
    auto outcome = check();
    guard.lock();
    // What an interrupted check has found means nothing: it misses the pages
    // that it has not visited.
    is_over = !is_suspended_ && !must_end_;
    if (is_over) {
      guard.unlock();
      done_(outcome);
      guard.lock();
    }
    db_.reset();
    is_busy_ = false;
    changed_.notify_all();
  }
}

check_outcome background_check::check() {
  check_outcome out;
  auto start = clock::now();
  try {
    open();
    statement query{*db_, "PRAGMA quick_check(1)"};
    std::ignore = query.start().step();
    if (auto text = query.text(0); text != "ok") {
      out.why = fault::corrupt;
      out.detail = first_finding(text);
    }
  } catch (const SQLite::Exception& problem) {
    out.why = classify(problem.getErrorCode(), 0);
    out.detail = problem.what();
  }
  out.took = std::chrono::duration_cast<std::chrono::milliseconds>(clock::now()
                                                                   - start);
  return out;
}

void background_check::open() {
  auto opened = open_reader(file_);
  std::lock_guard guard{mutex_};
  db_ = std::move(opened);
}

} // namespace bridgekeeper::store
