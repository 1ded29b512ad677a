#include "store/dispatches/load.hpp"

#include "store/dispatches/dispatch_columns.hpp"
#include "store/dispatches/dispatch_index.hpp"
#include "store/dispatches/event_body.hpp"
#include "store/dispatches/spending.hpp"
#include "store/dispatches/statement.hpp"

#include <algorithm>
#include <fstream>

namespace bridgekeeper::store {

namespace {

constexpr std::size_t most_sessions = 10'000;

/// Differs after each boot. Processes in containers see the machine's.
std::string boot_id() {
  std::ifstream in{"/proc/sys/kernel/random/boot_id"};
  std::string out;
  std::getline(in, out);
  return out;
}

std::int64_t meta_number(SQLite::Database& db, const char* key) {
  statement query{db, "SELECT value FROM meta WHERE key = ?"};
  return query.start(std::string{key}).step() ? query.number(0) : 0;
}

/// A power failure may have destroyed events that readers have seen.
bool may_have_lost_events(SQLite::Database& db) {
  statement last{db, "SELECT boot, clean FROM starts"
                     " ORDER BY epoch DESC LIMIT 1"};
  if (!last.start().step() || last.number(1) != 0)
    return false;
  // A daemon that could not read the id cannot rule out a power failure.
  auto before = last.text(0);
  return before.empty() || before != boot_id();
}

void load_heads(SQLite::Database& db, event_position& out) {
  out.heads_at = meta_number(db, "heads_at");
  statement saved{db, "SELECT n, last_event, last_progress FROM agents"};
  for (saved.start(); saved.step();)
    out.heads[saved.number(0)] = {saved.number(1), saved.number(2)};
  statement recent{db, "SELECT n, agent, type FROM events WHERE n > ?"};
  for (recent.start(out.heads_at); recent.step();) {
    auto& heads = out.heads[recent.number(1)];
    auto type = static_cast<event_type>(recent.number(2));
    (is_expendable(type) ? heads.progress : heads.event) = recent.number(0);
  }
}

std::vector<unfinished_dispatch> load_unfinished(SQLite::Database& db) {
  std::vector<unfinished_dispatch> out;
  statement query{db, dispatch_select_with(", t.content, t.context, t.options",
                                           " LEFT JOIN tasks AS t ON t.n = d.n")
                          + " WHERE d.n IN " + unfinished_numbers
                          + " ORDER BY d.n"};
  for (query.start(); query.step();)
    out.push_back({read_dispatch(query), query.text(dispatch_column_count),
                   query.text(dispatch_column_count + 1),
                   query.text(dispatch_column_count + 2)});
  return out;
}

std::vector<agent_row> load_agents(SQLite::Database& db) {
  std::vector<agent_row> out;
  statement query{db, "SELECT id, name, endpoint_url, announced, cordoned,"
                      " first_seen_us, last_seen_us FROM agents"
                      " WHERE forgotten = 0 ORDER BY n"};
  for (query.start(); query.step();)
    out.push_back({agent_id{query.text(0)}, query.text(1), query.text(2),
                   query.text(3), query.number(4) != 0, query.time(5),
                   query.time(6)});
  return out;
}

std::vector<session_row> load_sessions(SQLite::Database& db) {
  std::vector<session_row> out;
  statement query{db, "SELECT id, opened_us, spent_musd FROM sessions"
                      " WHERE agent IS NULL ORDER BY n DESC LIMIT ?"};
  for (query.start(most_sessions); query.step();)
    out.push_back(
        {session_id{query.id(0)}, query.time(1), micro_usd{query.number(2)}});
  return out;
}

std::vector<dispatch_row> load_newest(SQLite::Database& db) {
  std::vector<dispatch_row> out;
  statement query{db, dispatch_select()
                          + " WHERE d.n IN (SELECT max(n) FROM"
                            " (SELECT x.n AS agent, (SELECT max(n) FROM"
                            " agent_dispatches WHERE agent = x.n) AS n"
                            " FROM agents AS x"
                            " UNION ALL SELECT agent, n FROM dispatches"
                            " WHERE n > ?) WHERE agent IN (SELECT n"
                            " FROM agents WHERE forgotten = 0) GROUP BY agent)"
                            " ORDER BY d.n"};
  for (query.start(indexed_up_to(db)); query.step();)
    out.push_back(read_dispatch(query));
  return out;
}

} // namespace

event_position load_position(SQLite::Database& db) {
  event_position out;
  out.reserved = meta_number(db, "events_reserved");
  out.next = number_of(db, "SELECT max(n) FROM events") + 1;
  // Retention or an erasure may have removed the newest events.
  out.next = std::max(out.next, number_of(db, "SELECT first_event FROM starts"
                                              " ORDER BY epoch DESC LIMIT 1"));
  out.next = std::max(out.next, meta_number(db, "heads_at") + 1);
  out.next = std::max(out.next, meta_number(db, "event_floor") + 1);
  if (may_have_lost_events(db))
    out.next = std::max(out.next, out.reserved);
  statement last{db, "SELECT at_us FROM events ORDER BY n DESC LIMIT 1"};
  if (last.start().step())
    out.last_time = last.time(0);
  load_heads(db, out);
  return out;
}

start_record record_start(SQLite::Database& db, const event_position& position,
                          const std::string& version) {
  start_record out;
  statement last{db, "SELECT epoch, clean FROM starts"
                     " ORDER BY epoch DESC LIMIT 1"};
  if (last.start().step()) {
    out.epoch = last.number(0);
    out.was_clean = last.number(1) != 0;
  }
  last.done();
  ++out.epoch;
  statement{db, "INSERT INTO starts VALUES(?, ?, ?, ?, ?, 0)"}.run(
      out.epoch, position.next, wall_clock_now(), version, boot_id());
  return out;
}

void record_end(SQLite::Database& db, std::int64_t epoch) {
  statement{db, "UPDATE starts SET clean = 1 WHERE epoch = ?"}.run(epoch);
}

store_identity keep_identity(SQLite::Database& db,
                             const store_identity& proposed) {
  auto keep = [&db](const char* key, const std::string& value) {
    statement{db, "INSERT OR IGNORE INTO meta VALUES(?, ?)"}.run(
        std::string{key}, value);
    statement kept{db, "SELECT value FROM meta WHERE key = ?"};
    return kept.start(std::string{key}).step() ? kept.text(0) : value;
  };
  return {keep("control_session", proposed.control_session),
          keep("event_epoch", proposed.event_epoch)};
}

void load_spending(SQLite::Database& db, store_identity identity,
                   loaded_state& out) {
  statement spent{db,
                  "SELECT spent_musd, opened_us FROM sessions WHERE id = ?"};
  if (spent.start(stored_id{identity.control_session}).step()) {
    out.spent_in_session = micro_usd{spent.number(0)};
    out.session_since = spent.time(1);
  }
  out.identity = std::move(identity);
}

loaded_state load_state(SQLite::Database& db, timestamp now,
                        std::size_t events) {
  loaded_state out;
  out.next_number = 1
                    + std::max(number_of(db, "SELECT max(n) FROM dispatches"),
                               meta_number(db, "dispatch_floor"));
  out.unfinished = load_unfinished(db);
  out.agents = load_agents(db);
  out.sessions = load_sessions(db);
  statement today{db, "SELECT spent_musd FROM days WHERE day = ?"};
  if (today.start(day_of(now)).step())
    out.spent_today = micro_usd{today.number(0)};
  today.done();
  out.newest = load_newest(db);
  out.tail = newest_events(db, events);
  // The newest ones may have been removed, but readers have seen them.
  out.last_event = static_cast<std::uint64_t>(
      std::max({number_of(db, "SELECT max(n) FROM events"),
                meta_number(db, "heads_at"), meta_number(db, "event_floor")}));
  return out;
}

} // namespace bridgekeeper::store
