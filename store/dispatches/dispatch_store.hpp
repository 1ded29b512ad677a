#pragma once

#include "store/dispatches/reader.hpp"
#include "store/dispatches/status.hpp"
#include "store/dispatches/store_lock.hpp"
#include "store/dispatches/writer.hpp"

#include <string>

namespace bridgekeeper::store {

/// A store in use: its lock, its writer and its reader. One per daemon; with
/// `durability::none` there is none. Created, started and destroyed by the main
/// thread.
class dispatch_store {
public:
  /// Locks the store, without opening it. Throws `open_error`. The functions of
  /// `sinks` that concern readers are set by the store.
  dispatch_store(const writer_options& options, writer_sinks sinks);

  /// Opens the store and starts its threads: see `writer::start`.
  [[nodiscard]] loaded_state start() {
    return writer_.start();
  }

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

  store_lock lock_;
  status status_;
  store::reader reader_;
  store::writer writer_;
};

} // namespace bridgekeeper::store
