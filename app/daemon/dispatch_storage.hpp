#pragma once

#include "actors/core_memory.hpp"
#include "actors/store_deliveries.hpp"
#include "app/config/config.hpp"
#include "app/daemon/daemon_options.hpp"
#include "app/daemon/daemon_threads.hpp"
#include "app/daemon/data_dir.hpp"
#include "domain/admission.hpp"
#include "domain/control_sessions.hpp"
#include "domain/ids.hpp"
#include "domain/result.hpp"
#include "store/dispatches/dispatch_store.hpp"

#include <cstddef>
#include <optional>
#include <string>

namespace bridgekeeper::app {

/// The store of a daemon: opens it, connects it to the I/O threads, and gives
/// back to the daemon what an earlier one has recorded. Does nothing if
/// `store.durability` is `none`. Main thread.
class dispatch_storage {
public:
  /// Opens the store, and lets the I/O threads, which must not have started,
  /// use it. Blocks. Replaces the ids in `self` by those of the daemon that has
  /// created the store. `notice` is called if the store must be migrated: see
  /// `store::writer::start`. Throws `std::runtime_error` if the data directory
  /// cannot hold a store.
  dispatch_storage(const config& values, const data_dir& dir,
                   daemon_threads& threads, daemon_identity& self,
                   const store::migration_notice& notice);

  dispatch_storage(const dispatch_storage&) = delete;
  dispatch_storage& operator=(const dispatch_storage&) = delete;

  /// Fills in what the store remembers: agents, sessions, past events, and what
  /// was spent. Before the threads start.
  void restore(actors::core_memory& memory, control_sessions& sessions,
               admission& admissions) const;

  /// Continues or ends the dispatches that had not ended when the last daemon
  /// ended: see `recover`. Returns when that is recorded. Requires the threads
  /// and the core actors.
  void recover_dispatches(actors::core_memory& memory);

  /// Checks the store in the background if the last daemon did not end cleanly.
  /// At most once, when the daemon listens.
  void check_if_unclean();

  /// Commits what waits, then closes the store. No-op after the first call.
  void stop();

  // -- for operators; any thread except an I/O thread, until `stop` -----------

  /// The dispatch whose id starts or ends with `text`; nothing if there is
  /// none, or no store. Fails if there are several, or the store cannot answer.
  /// Waits for the store, for a second at most.
  [[nodiscard]] result<std::optional<message_id>>
  find_by_short_id(const std::string& text);

  /// The memory of what waits to be stored or, once stored, to be published;
  /// nothing if there is no store.
  [[nodiscard]] std::optional<std::size_t> waiting_bytes() const;

private:
  void connect(const config& values);
  void tell_what_was_loaded() const;

  daemon_threads& threads_;
  /// Before the store, whose threads use it.
  std::optional<actors::store_deliveries> deliveries_;
  std::optional<store::dispatch_store> store_;
  store::loaded_state loaded_;
};

} // namespace bridgekeeper::app
