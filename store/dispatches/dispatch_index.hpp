#pragma once

#include "store/dispatches/statement.hpp"

#include <SQLiteCpp/Database.h>
#include <cstdint>
#include <optional>

namespace bridgekeeper::store {

/// Finds dispatches by their agent and by their state. An ordinary index of
/// agents costs a commit another page for each dispatch, because agents take
/// turns. An index of states costs an insertion and a removal for each
/// dispatch, although most dispatches are completed soon. These indexes are
/// therefore completed for many dispatches at once. Readers look through the
/// dispatches that the indexes lack, which are the newest.
///
/// The table `agent_dispatches` has the numbers of an agent's dispatches;
/// triggers remove dispatches that are deleted, and move those that get another
/// agent. The index `dispatches_in_state` has what was not completed when the
/// indexes were, marked by the column `indexed`. Writer thread, within its
/// transactions.
class dispatch_index {
public:
  /// The indexes are completed when they lack this many numbers.
  static constexpr std::int64_t interval = 1'024;

  explicit dispatch_index(SQLite::Database& db);

  /// A dispatch was inserted.
  void add(std::int64_t number, std::int64_t agent);

  /// Completes the batch's transaction before its commit.
  void complete();

  /// The batch was not committed, or something else has completed the indexes.
  void forget() noexcept {
    end_.reset();
  }

private:
  [[nodiscard]] std::int64_t end();

  SQLite::Database& db_;
  /// See `indexed_up_to`.
  std::optional<std::int64_t> end_;
  /// The highest number that was added.
  std::int64_t newest_ = 0;
  statement insert_;
  statement mark_;
};

/// Adds all dispatches. Within a transaction.
void complete_indexes(SQLite::Database& db);

/// The indexes have all dispatches up to this number. A reader that asks, uses
/// the indexes up to it and looks through all dispatches after it, in one
/// transaction, misses none.
[[nodiscard]] std::int64_t indexed_up_to(SQLite::Database& db);

/// A query for the numbers of the unfinished dispatches. It repeats the
/// condition of the index, without which SQLite would not use it.
inline constexpr const char* unfinished_numbers =
    "(SELECT n FROM dispatches WHERE indexed = 1 AND state < 4 AND state <> 4"
    " UNION ALL SELECT n FROM dispatches WHERE state < 4 AND n >"
    " (SELECT value FROM meta WHERE key = 'dispatches_indexed'))";

} // namespace bridgekeeper::store
