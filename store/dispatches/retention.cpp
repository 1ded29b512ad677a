#include "store/dispatches/retention.hpp"

#include "store/dispatches/dispatch_index.hpp"
#include "store/dispatches/erase.hpp"
#include "store/dispatches/event_body.hpp"
#include "store/dispatches/statement.hpp"

#include <algorithm>
#include <string>
#include <vector>

namespace bridgekeeper::store {

namespace {

constexpr std::int64_t slice = 200;
constexpr std::int64_t event_slice = 4 * slice;

/// A number such that rows before it are older than `until`, and those after it
/// are not: numbers and times rise together. Neither column of times needs an
/// index for this.
std::int64_t first_since(SQLite::Database& db, const std::string& table,
                         const std::string& column, timestamp until) {
  auto low = number_of(db, ("SELECT min(n) FROM " + table).c_str());
  auto high = number_of(db, ("SELECT max(n) FROM " + table).c_str()) + 1;
  statement at{db, "SELECT " + column + " FROM " + table
                       + " WHERE n >= ? ORDER BY n LIMIT 1"};
  while (low < high) {
    auto middle = low + (high - low) / 2;
    auto is_old = at.start(middle).step() && at.time(0) < until;
    at.done();
    if (is_old)
      low = middle + 1;
    else
      high = middle;
  }
  return high;
}

std::int64_t marker(SQLite::Database& db, const std::string& key) {
  statement query{db, "SELECT value FROM meta WHERE key = ?"};
  return query.start(key).step() ? query.number(0) : 0;
}

void set_marker(SQLite::Database& db, const std::string& key,
                std::int64_t value) {
  statement{db, "INSERT OR REPLACE INTO meta VALUES(?, ?)"}.run(key, value);
}

std::int64_t remove_dispatches(SQLite::Database& db,
                               const std::vector<std::int64_t>& numbers) {
  if (numbers.empty())
    return 0;
  keep_numbers_rising(db);
  for (const auto* sql : {"DELETE FROM results WHERE dispatch = ?",
                          "DELETE FROM changes WHERE dispatch = ?",
                          "DELETE FROM tasks WHERE n = ?",
                          "DELETE FROM dispatches WHERE n = ?"}) {
    statement query{db, sql};
    for (auto number : numbers)
      query.run(number);
  }
  return static_cast<std::int64_t>(numbers.size());
}

template <class... Ts>
std::vector<std::int64_t> numbers_of(SQLite::Database& db,
                                     const std::string& sql, const Ts&... xs) {
  std::vector<std::int64_t> out;
  statement query{db, sql};
  for (query.start(xs...); query.step();)
    out.push_back(query.number(0));
  return out;
}

/// Removes the texts of a slice of finished dispatches. Stops at the first
/// unfinished one, which keeps its texts.
std::int64_t remove_contents(SQLite::Database& db, timestamp until) {
  const std::string key = "contents_pruned";
  auto numbers = numbers_of(
      db,
      std::string{"SELECT n FROM dispatches WHERE n > ?1 AND n < min(?2,"
                  " (SELECT coalesce(min(n), 1 << 62) FROM "}
          + unfinished_numbers + ")) ORDER BY n LIMIT ?3",
      marker(db, key), first_since(db, "dispatches", "created_us", until),
      slice);
  if (numbers.empty())
    return 0;
  for (const auto* sql :
       {"DELETE FROM tasks WHERE n = ?",
        "UPDATE results SET content = '', usage = NULL,"
        " error = iif(error IS NULL, NULL, ''), details = NULL"
        " WHERE dispatch = ?"}) {
    statement query{db, sql};
    for (auto number : numbers)
      query.run(number);
  }
  set_marker(db, key, numbers.back());
  return static_cast<std::int64_t>(numbers.size());
}

/// Removes a slice of the events before this one.
std::int64_t remove_events(SQLite::Database& db, std::int64_t before) {
  statement first{db, "SELECT 1 FROM events WHERE n < ? LIMIT 1"};
  auto has_some = first.start(before).step();
  first.done();
  if (!has_some)
    return 0;
  keep_numbers_rising(db);
  return statement{db, "DELETE FROM events WHERE n IN (SELECT n FROM events"
                       " WHERE n < ?1 ORDER BY n LIMIT ?2)"}
      .run(before, event_slice);
}

/// Removes a slice of progress reports before an event.
std::int64_t remove_progress(SQLite::Database& db, std::int64_t before) {
  const std::string key = "progress_pruned";
  // The slice counts events of all types, so that no call searches for long.
  auto start = marker(db, key);
  statement last{db, "SELECT max(n) FROM (SELECT n FROM events WHERE n > ?1"
                     " AND n < ?2 ORDER BY n LIMIT ?3)"};
  auto end = last.start(start, before, event_slice).step() ? last.number(0) : 0;
  last.done();
  if (end == 0)
    return 0;
  set_marker(db, key, end);
  keep_numbers_rising(db);
  statement{db, "DELETE FROM events WHERE n > ?1 AND n <= ?2 AND type = ?3"}
      .run(start, end, expendable_type);
  return 1;
}

} // namespace

std::int64_t retention::surplus_rows(SQLite::Database& db) {
  if (counted_ < 0) {
    counted_ = number_of(db, "SELECT count(*) FROM dispatches");
  } else {
    statement added{db, "SELECT count(*) FROM dispatches WHERE n > ?"};
    counted_ += added.start(counted_up_to_).step() ? added.number(0) : 0;
  }
  counted_up_to_ = number_of(db, "SELECT max(n) FROM dispatches");
  return counted_ - limits_.rows;
}

bool retention::remove_slice(SQLite::Database& db, timestamp now) {
  auto pages = number_of(db, "PRAGMA page_count")
               - number_of(db, "PRAGMA freelist_count");
  auto is_large = pages * number_of(db, "PRAGMA page_size") > limits_.bytes;
  auto surplus = std::min(is_large ? slice : surplus_rows(db), slice);
  // The oldest ones come first in either case.
  auto removed = remove_dispatches(
      db, surplus > 0 ? numbers_of(db,
                                   "SELECT n FROM dispatches WHERE state >= 4"
                                   " ORDER BY n LIMIT ?1",
                                   surplus)
                      : numbers_of(db,
                                   "SELECT n FROM dispatches WHERE state >= 4"
                                   " AND n < ?1 AND changed_us < ?2 ORDER BY n"
                                   " LIMIT ?3",
                                   first_since(db, "dispatches", "created_us",
                                               now - limits_.age),
                                   now - limits_.age, slice));
  counted_ -= removed;
  // The oldest event that is still needed. Chains are cut only before it.
  statement first{db, std::string{"SELECT coalesce(min(first_event), 1 << 62)"
                                  " FROM dispatches WHERE first_event > 0"
                                  " AND n IN "}
                          + unfinished_numbers};
  auto needed = first.start().step() ? first.number(0) : 0;
  first.done();
  auto old_event = [&](std::chrono::hours age) {
    return std::min(needed, first_since(db, "events", "at_us", now - age));
  };
  removed += remove_events(db, is_large ? needed : old_event(limits_.age));
  auto keeps_content = limits_.content_age == std::chrono::hours{0};
  auto progress_age = keeps_content
                          ? limits_.progress_age
                          : std::min(limits_.progress_age, limits_.content_age);
  removed += remove_progress(db, old_event(progress_age));
  if (!keeps_content)
    removed += remove_contents(db, now - limits_.content_age);
  removed += statement{db, "DELETE FROM idempotency WHERE (scope, key) IN"
                           " (SELECT scope, key FROM idempotency"
                           " WHERE until_us < ?1 LIMIT ?2)"}
                 .run(now, slice);
  return removed > 0;
}

} // namespace bridgekeeper::store
