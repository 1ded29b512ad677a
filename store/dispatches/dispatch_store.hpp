#pragma once

#include "store/dispatches/background_check.hpp"
#include "store/dispatches/reader.hpp"
#include "store/dispatches/status.hpp"
#include "store/dispatches/store_lock.hpp"
#include "store/dispatches/writer.hpp"

#include <functional>

namespace bridgekeeper::store {

/// A store in use: its lock, its writer and its reader. One per daemon; with
/// `durability::none` there is none. Created, started and destroyed by the main
/// thread.
class dispatch_store {
public:
  /// Locks the store, without opening it. Throws `open_error`. The functions of
  /// `sinks` that concern readers are set by the store. `on_checked` is called
  /// once, on another thread, when `check_if_unclean` has checked the file; the
  /// writer knows of damage by then.
  dispatch_store(const writer_options& options, writer_sinks sinks,
                 std::function<void(const check_outcome&)> on_checked = {});

  /// Opens the store and starts its threads: see `writer::start`.
  [[nodiscard]] loaded_state start(const migration_notice& notice = {});

  /// Starts to check the whole file in the background if the start before this
  /// one did not end cleanly; otherwise returns false. At most once, after
  /// `start`. A check that finds damage has the same effect as a query that
  /// finds it.
  bool check_if_unclean();

  /// Commits what waits, then ends the writer's thread.
  void stop() {
    writer_.stop();
  }

  /// For readiness checks. Any thread.
  [[nodiscard]] const status& state() const noexcept {
    return status_;
  }

  [[nodiscard]] store::writer& writer() noexcept {
    return writer_;
  }

  [[nodiscard]] const store::writer& writer() const noexcept {
    return writer_;
  }

  [[nodiscard]] store::reader& reader() noexcept {
    return reader_;
  }

private:
  [[nodiscard]] writer_sinks with_readers(writer_sinks x);
  void tell(const check_outcome& x);

  store_lock lock_;
  status status_;
  std::function<void(const check_outcome&)> on_checked_;
  store::reader reader_;
  /// Before the writer, which suspends it when it ends; after that, the check
  /// tells the writer nothing.
  background_check check_;
  store::writer writer_;
};

} // namespace bridgekeeper::store
