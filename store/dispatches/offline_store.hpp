#pragma once

#include "domain/ids.hpp"
#include "store/dispatches/completion.hpp"
#include "store/dispatches/connection.hpp"
#include "store/dispatches/store_lock.hpp"

#include <string>

namespace bridgekeeper::store {

/// A store that no daemon uses, for commands that need it to themselves. No
/// daemon can use it while the object exists. Blocks; one thread.
class offline_store {
public:
  /// The file must exist. Throws `open_error` if another process uses the
  /// store, or if the file holds no store of this version or an earlier one.
  explicit offline_store(connection_options file);

  /// Copies the store to a new file (mode 0600), which is on disk when this
  /// returns. Throws `std::runtime_error` (`SQLite::Exception` is one),
  /// also if the file exists.
  void back_up(const std::string& target);

  /// Gives the space of removed rows back to the disk; the file then no longer
  /// contains their bytes. If it fails, the store is as before. Throws
  /// `no_room` and `SQLite::Exception`, and `std::runtime_error` if the WAL
  /// cannot be emptied because another program reads the store.
  void vacuum();

  /// Erases a dispatch: see `erase.hpp`. `id` may be the first or last
  /// characters of its id; `whole` becomes the id. Its bytes are gone from the
  /// file and the WAL when this returns. Throws `std::runtime_error` if several
  /// dispatches have such an id, if the store has an earlier version, or if it
  /// was erased but another program reads the store.
  [[nodiscard]] outcome erase(const message_id& id, message_id& whole);

  /// The same for an agent, with its dispatches and events.
  [[nodiscard]] outcome erase(const agent_id& id);

private:
  /// Calls `work(db)` in a transaction that overwrites what it deletes.
  template <class Work>
  outcome overwrite(Work work);

  connection_options file_;
  store_lock lock_;
};

} // namespace bridgekeeper::store
