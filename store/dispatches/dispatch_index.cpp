#include "store/dispatches/dispatch_index.hpp"

#include <algorithm>
#include <string>

namespace bridgekeeper::store {

dispatch_index::dispatch_index(SQLite::Database& db)
  : db_(db), insert_(db, "INSERT OR IGNORE INTO agent_dispatches VALUES(?, ?)"),
    mark_(db, "UPDATE dispatches SET indexed = 1 WHERE n = ?") {}

std::int64_t dispatch_index::end() {
  if (!end_)
    end_ = indexed_up_to(db_);
  return *end_;
}

void dispatch_index::add(std::int64_t number, std::int64_t agent) {
  newest_ = std::max(newest_, number);
  if (number > end())
    return;
  // Numbers are taken before they are stored, so a later one may be indexed.
  insert_.run(agent, number);
  mark_.run(number);
}

void dispatch_index::complete() {
  if (newest_ - end() < interval)
    return;
  complete_indexes(db_);
  forget();
}

void complete_indexes(SQLite::Database& db) {
  auto end = std::to_string(indexed_up_to(db));
  // The order is that of the table, so that each of its pages is visited once.
  // A row that is there already, which only another program can have added,
  // must not keep everything else from being stored.
  db.exec(
      "INSERT OR IGNORE INTO agent_dispatches SELECT agent, n FROM dispatches"
      " WHERE n > "
      + end + " ORDER BY agent, n");
  db.exec("UPDATE dispatches SET indexed = 1 WHERE state <> 4 AND n > " + end);
  db.exec("UPDATE meta SET value = max(value, (SELECT coalesce(max(n), 0)"
          " FROM dispatches)) WHERE key = 'dispatches_indexed'");
}

std::int64_t indexed_up_to(SQLite::Database& db) {
  return number_of(db,
                   "SELECT value FROM meta WHERE key = 'dispatches_indexed'");
}

} // namespace bridgekeeper::store
