#include "store/dispatches/erase.hpp"

#include "store/dispatches/dispatch_index.hpp"
#include "store/dispatches/statement.hpp"

#include <vector>

namespace bridgekeeper::store {

namespace {

/// Deletes the rows of a dispatch, except its events.
void delete_rows(SQLite::Database& db, std::int64_t number) {
  for (const auto* sql :
       {"DELETE FROM results WHERE dispatch = ?",
        "DELETE FROM changes WHERE dispatch = ?",
        "DELETE FROM tasks WHERE n = ?", "DELETE FROM dispatches WHERE n = ?"})
    statement{db, sql}.run(number);
}

} // namespace

void keep_numbers_rising(SQLite::Database& db) {
  db.exec("UPDATE meta SET value = max(value, coalesce("
          "(SELECT max(n) FROM dispatches), 0)) WHERE key = 'dispatch_floor'");
  db.exec("INSERT INTO meta VALUES"
          " ('event_floor', coalesce((SELECT max(n) FROM events), 0))"
          " ON CONFLICT(key) DO UPDATE SET value = max(value, excluded.value)");
}

outcome erase(SQLite::Database& db, dispatch_number number) {
  statement find{db, "SELECT state FROM dispatches WHERE n = ?"};
  if (!find.start(number).step())
    return outcome::came_late;
  auto is_over = is_end(static_cast<dispatch_state>(find.number(0)));
  find.done();
  if (!is_over)
    return outcome::refused;
  keep_numbers_rising(db);
  // A dispatch has no events before its first one; there is no index.
  statement{db, "DELETE FROM events WHERE dispatch = ?1 AND n >="
                " (SELECT first_event FROM dispatches WHERE n = ?1)"}
      .run(number);
  statement{db, "DELETE FROM idempotency WHERE dispatch = ?"}.run(number);
  delete_rows(db, static_cast<std::int64_t>(number));
  return outcome::applied;
}

outcome erase(SQLite::Database& db, const agent_id& agent) {
  statement find{db, "SELECT n FROM agents WHERE id = ?"};
  if (!find.start(agent).step())
    return outcome::came_late;
  auto row = find.number(0);
  find.done();
  complete_indexes(db);
  statement busy{db, "SELECT 1 FROM dispatches WHERE state < 4 AND n IN"
                     " (SELECT n FROM agent_dispatches WHERE agent = ?)"};
  auto is_busy = busy.start(row).step();
  busy.done();
  if (is_busy)
    return outcome::refused;
  keep_numbers_rising(db);
  std::vector<std::int64_t> numbers;
  statement list{db, "SELECT n FROM agent_dispatches WHERE agent = ?"};
  for (list.start(row); list.step();)
    numbers.push_back(list.number(0));
  // At once, because neither table has an index for a single dispatch.
  for (const auto* sql : {"DELETE FROM idempotency WHERE dispatch IN"
                          " (SELECT n FROM agent_dispatches WHERE agent = ?)",
                          "DELETE FROM events WHERE agent = ?",
                          "DELETE FROM sessions WHERE agent = ?"})
    statement{db, sql}.run(row);
  for (auto number : numbers)
    delete_rows(db, number);
  statement{db, "DELETE FROM agents WHERE n = ?"}.run(row);
  return outcome::applied;
}

} // namespace bridgekeeper::store
