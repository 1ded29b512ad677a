#include "store/dispatches/connection.hpp"
#include "store/dispatches/migrate.hpp"
#include "store/dispatches/scratch_store.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <chrono>
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
  db->exec(rows
           + "INSERT INTO tasks SELECT n, printf('%.200c', 'x'), NULL, NULL"
             " FROM c");
  db->exec(rows
           + "INSERT INTO results SELECT n, 1, printf('%.300c', 'y'), NULL,"
             " NULL, 0, 0 FROM c WHERE n % 5000 <> 0");
  db->exec(rows
           + "INSERT INTO events SELECT 2 * n - 1, 1 + n % 100, 1, NULL, n, 3,"
             " n * 1000, max(0, 2 * (n - 100)), NULL FROM c");
  db->exec(rows
           + "INSERT INTO events SELECT 2 * n, 1 + n % 100, 1, NULL, n, 5,"
             " n * 1000 + 500, 2 * n - 1, NULL FROM c");
  db->exec("UPDATE meta SET value = 2000001 WHERE key = 'events_reserved'");
  db->exec("UPDATE agents SET last_event = (SELECT max(last_event) FROM"
           " dispatches WHERE agent = agents.n)");
  db->exec("UPDATE meta SET value = 2000000 WHERE key = 'heads_at'");
  db->exec("COMMIT");
}

using milliseconds = std::chrono::duration<double, std::milli>;

/// The median of several runs.
milliseconds time_of(const std::function<void()>& work) {
  std::vector<milliseconds> times;
  for (auto i = 0; i < 9; ++i) {
    auto start = std::chrono::steady_clock::now();
    work();
    times.emplace_back(std::chrono::steady_clock::now() - start);
  }
  std::nth_element(times.begin(), times.begin() + 4, times.end());
  return times[4];
}

} // namespace

TEST_CASE("a million dispatches are listed and found within 10 ms") {
  scratch_store aut;
  aut.options.keep.age = std::chrono::days{100'000};
  aut.options.keep.progress_age = aut.options.keep.age;
  fill(aut.path());
  auto start = std::chrono::steady_clock::now();
  auto loaded = aut.open();
  milliseconds opening = std::chrono::steady_clock::now() - start;
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
