#include "store/dispatches/connection.hpp"
#include "store/dispatches/dispatch_index.hpp"
#include "store/dispatches/migrate.hpp"
#include "store/dispatches/scratch_store.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <chrono>
#include <ctime>
#include <functional>
#include <vector>

using namespace bridgekeeper;
using namespace bridgekeeper::test;

namespace {

constexpr auto count = 1'000'000;

/// The rows that as many dispatches of 100 agents leave, made by SQL in seconds
/// instead of minutes.
void fill(const std::string& path) {
  auto db = store::open_writer({path});
  store::migrate(*db);
  store::set_pragma(*db, "synchronous = OFF");
  store::set_pragma(*db, "wal_autocheckpoint = 10000");
  db->exec("BEGIN");
  db->exec("INSERT INTO sessions(n, id, opened_us) VALUES(1, 's1', 1)");
  db->exec("WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c"
           " WHERE n < 100) INSERT INTO agents(n, id, first_seen_us,"
           " last_seen_us) SELECT n, 'agent-' || n, n, n FROM c");
  auto rows = "WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c"
              " WHERE n < "
              + std::to_string(count) + ") ";
  // Every 5000th is unfinished, every 100th has failed.
  db->exec(rows
           + "INSERT INTO dispatches(n, id, agent, session, state, created_us,"
             " changed_us, first_event, last_event) SELECT n, unhex_of, 1 + n %"
             " 100, 1, CASE WHEN n % 5000 = 0 THEN 1 WHEN n % 100 = 0 THEN 5"
             " ELSE 4 END, n * 1000, n * 1000 + 500, 2 * n - 1, 2 * n FROM"
             " (SELECT n, CAST(printf('%012x', n) || 'abcd' AS BLOB) AS"
             " unhex_of FROM c)");
  db->exec(
      rows
      + "INSERT INTO tasks(n, content) SELECT n, printf('%.200c', 'x') FROM c");
  db->exec(rows
           + "INSERT INTO results(dispatch, attempt, content) SELECT n, 1,"
             " printf('%.300c', 'y') FROM c WHERE n % 5000 <> 0");
  db->exec(rows
           + "INSERT INTO events(n, agent, session, dispatch, type, at_us,"
             " prev_of_agent) SELECT 2 * n - 1, 1 + n % 100, 1, n, 3, n * 1000,"
             " max(0, 2 * (n - 100)) FROM c");
  db->exec(
      rows
      + "INSERT INTO events(n, agent, session, dispatch, type, at_us,"
        " prev_of_agent) SELECT 2 * n, 1 + n % 100, 1, n, 5, n * 1000 + 500,"
        " 2 * n - 1 FROM c");
  db->exec("UPDATE meta SET value = 2000001 WHERE key = 'events_reserved'");
  // The newest are not in the indexes.
  auto end = std::to_string(count - store::dispatch_index::interval);
  db->exec("INSERT INTO agent_dispatches SELECT agent, n FROM dispatches"
           " WHERE n <= "
           + end + " ORDER BY agent, n");
  db->exec("UPDATE dispatches SET indexed = 1 WHERE state <> 4 AND n <= "
           + end);
  db->exec("UPDATE meta SET value = " + end
           + " WHERE key = 'dispatches_indexed'");
  db->exec("UPDATE agents SET last_event = 2 * (SELECT max(n) FROM dispatches"
           " WHERE n > 999900 AND agent = agents.n)");
  db->exec("UPDATE meta SET value = 2000000 WHERE key = 'heads_at'");
  db->exec("COMMIT");
  // What is to be measured must not wait until this much is on the disk.
  store::set_pragma(*db, "synchronous = FULL");
  db->exec("PRAGMA wal_checkpoint(TRUNCATE)");
}

using milliseconds = std::chrono::duration<double, std::milli>;

/// What all threads together have computed so far: unlike the time of day, the
/// same while other tests use the processors and the disk. The bench row
/// `stored` measures how long an operator waits.
milliseconds cpu_time() {
  return milliseconds{1e3 * static_cast<double>(std::clock()) / CLOCKS_PER_SEC};
}

/// The median of several runs.
milliseconds time_of(const std::function<void()>& work) {
  std::vector<milliseconds> times;
  for (auto i = 0; i < 9; ++i) {
    auto start = cpu_time();
    work();
    times.emplace_back(cpu_time() - start);
  }
  std::nth_element(times.begin(), times.begin() + 4, times.end());
  return times[4];
}

} // namespace

TEST_CASE("a million dispatches are listed and found with 10 ms of CPU") {
  scratch_store aut;
  aut.options.keep.age = std::chrono::days{100'000};
  aut.options.keep.progress_age = aut.options.keep.age;
  fill(aut.path());
  auto start = cpu_time();
  auto loaded = aut.open();
  auto opening = cpu_time() - start;
  MESSAGE("start: ", opening.count(), " ms");
  CHECK(opening < milliseconds{2'000});
  CHECK(loaded.unfinished.size() == 200);
  CHECK(loaded.newest.size() == 100);
  auto last = aut.list({}).rows.front();

  auto measure = [&](const std::string& what,
                     const std::function<void()>& work) {
    auto took = time_of(work);
    MESSAGE(what, ": ", took.count(), " ms");
    CHECK(took < milliseconds{10});
  };
  store::dispatch_filter filter;
  measure("newest", [&] { CHECK(aut.list(filter).rows.size() == 100); });
  filter.before = store::dispatch_number{500'000};
  measure("middle", [&] { CHECK(aut.list(filter).rows.size() == 100); });
  filter.in = {dispatch_state::failed};
  measure("failed", [&] { CHECK(aut.list(filter).rows.size() == 100); });
  filter.in = {dispatch_state::completed};
  measure("completed", [&] { CHECK(aut.list(filter).rows.size() == 100); });
  filter.in = {};
  filter.agent = agent_id{"agent-7"};
  measure("of an agent", [&] { CHECK(aut.list(filter).rows.size() == 100); });
  filter.in = {dispatch_state::failed, dispatch_state::sent};
  filter.agent = agent_id{"agent-1"};
  measure("failed ones of an agent",
          [&] { CHECK(aut.list(filter).rows.size() == 100); });
  measure("one", [&] { CHECK(aut.history(last.id)); });
  auto events = [&](const stream_name& which, std::uint64_t after) {
    auto out = aut.ask<past_events>([&](auto done) {
      aut->reader().events(which, after, 100, std::move(done));
    });
    REQUIRE(out.value);
    return out.value->events.size();
  };
  measure("events of all", [&] { CHECK(events({}, 1'000'000) == 100); });
  measure("events of an agent", [&] {
    CHECK(events(stream_name{agent_id{"agent-7"}}, 1'950'000) == 100);
  });
}
