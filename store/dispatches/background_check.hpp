#pragma once

#include "store/dispatches/connection.hpp"
#include "store/dispatches/fault.hpp"

#include <SQLiteCpp/Database.h>
#include <chrono>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>

namespace bridgekeeper::store {

/// What a check of the whole file has found.
struct check_outcome {
  /// `none` if the file is intact, `corrupt` if it is damaged; otherwise why it
  /// could not be checked.
  fault why = fault::none;
  /// The first finding, for people; empty if the file is intact.
  std::string detail;
  std::chrono::milliseconds took{0};
};

/// Looks for damage that nothing has used yet, on a thread of its own with a
/// read-only connection: SQLite's `quick_check`, which reads all of the file.
/// It takes seconds for a large store and reads a single state of it, so the
/// WAL cannot be reused meanwhile. A check that was suspended starts from the
/// beginning.
class background_check {
public:
  /// `done` is called once, on the check's thread and while its connection is
  /// open, unless the check is destroyed or suspended before its end.
  background_check(connection_options file,
                   std::function<void(const check_outcome&)> done);

  /// Ends the check at once.
  ~background_check();
  background_check(const background_check&) = delete;
  background_check& operator=(const background_check&) = delete;

  /// Starts the thread. At most once. The store must be open.
  void start();

  // -- the writer's thread ----------------------------------------------------

  /// Ends the check in progress and returns when its connection is closed, and
  /// `done` has returned if the check had come to its end.
  void suspend();

  void resume();

  // -- any thread -------------------------------------------------------------

  /// What the thread is busy with, in words; empty if it is idle.
  [[nodiscard]] std::string busy_with() const;

private:
  void run();
  [[nodiscard]] check_outcome check();
  void open();
  /// Requires the mutex. Waits until the connection is closed.
  void interrupt(std::unique_lock<std::mutex>& guard);

  connection_options file_;
  std::function<void(const check_outcome&)> done_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  bool is_suspended_ = false;
  bool is_busy_ = false;
  bool must_end_ = false;
  /// Opened and used by the check's thread only, but others interrupt it.
  std::unique_ptr<SQLite::Database> db_;
  std::thread thread_;
};

} // namespace bridgekeeper::store
