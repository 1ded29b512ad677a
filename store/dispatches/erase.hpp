#pragma once

#include "domain/ids.hpp"
#include "store/dispatches/completion.hpp"
#include "store/dispatches/operations.hpp"

#include <SQLiteCpp/Database.h>

namespace bridgekeeper::store {

/// Deletes all rows of a dispatch: `applied`, `refused` if it is unfinished, or
/// `came_late` if it is not on record. Writer thread, in a transaction, for
/// which the writer turns `secure_delete` on: SQLite then overwrites the rows.
[[nodiscard]] outcome erase(SQLite::Database& db, dispatch_number number);

/// The same for an agent, with its dispatches, events and sessions.
[[nodiscard]] outcome erase(SQLite::Database& db, const agent_id& agent);

/// Numbers of dispatches and events, and cursors, are not used again, even if
/// the newest of them are deleted. In the transaction that deletes, before it
/// does.
void keep_numbers_rising(SQLite::Database& db);

} // namespace bridgekeeper::store
