#include "store/dispatches/connection.hpp"
#include "store/dispatches/dispatch_index.hpp"
#include "store/dispatches/failing_vfs.hpp"
#include "store/dispatches/maintenance.hpp"
#include "store/dispatches/migrate.hpp"
#include "store/dispatches/recent_sessions.hpp"
#include "store/dispatches/scratch_store.hpp"
#include "store/dispatches/statement.hpp"

#include <doctest/doctest.h>

#include <SQLiteCpp/Database.h>
#include <atomic>
#include <cerrno>
#include <cstdint>
#include <map>
#include <sqlite3.h>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

using namespace bridgekeeper;
using namespace bridgekeeper::test;
using store::dispatch_number;
using store::outcome;

namespace {

using state = dispatch_state;

constexpr auto interval = store::dispatch_index::interval;

/// How long another program waits for the writer.
constexpr auto busy_ms = 10'000;

struct known_dispatch {
  agent_id agent;
  dispatch_state state{};
};

/// A store, and what must be found in it.
class world {
public:
  explicit world(store::writer_options options = scratch_store::small())
    : aut(std::move(options)) {
    aut.open();
  }

  /// Adds dispatches of seven agents: most are completed, some fail, are sent
  /// or wait.
  void add(std::int64_t count) {
    std::vector<store::operation_body> bodies;
    for (std::int64_t i = 0; i < count; ++i) {
      auto number = aut->writer().next_number();
      put(bodies, number, state_for(static_cast<std::int64_t>(number)));
    }
    auto tokens = aut.submit(std::move(bodies), store::durability::commit);
    CHECK(aut.wait(tokens.back()).what == outcome::applied);
  }

  void put(std::vector<store::operation_body>& bodies, dispatch_number number,
           dispatch_state to) {
    message_id id{make_uuid_v7()};
    auto insert =
        inserted(number, id, to == state::queued ? state::queued : state::sent);
    auto n = static_cast<std::int64_t>(number);
    insert.agent = agent_id{"agent-" + std::to_string(n % 7)};
    known[n] = {insert.agent, to};
    bodies.emplace_back(std::move(insert));
    if (to != state::queued && to != state::sent)
      bodies.emplace_back(end_of(number, id, to));
  }

  static store::end_dispatch end_of(dispatch_number number,
                                    const message_id& id, dispatch_state to) {
    auto out = completed(number, id);
    out.to = to;
    return out;
  }

  /// The numbers that all pages of a list have together.
  std::vector<std::int64_t> pages(store::dispatch_filter filter) {
    std::vector<std::int64_t> out;
    filter.limit = 100;
    for (;;) {
      auto page = aut.list(filter);
      for (const auto& x : page.rows)
        out.push_back(static_cast<std::int64_t>(x.number));
      if (!page.next)
        return out;
      filter.before = page.next;
    }
  }

  /// Compares lists of each agent, of each state and of both with what is
  /// known.
  void check() {
    const std::vector<store::state_set> sets{
        {},
        {state::completed},
        {state::failed},
        {state::sent, state::queued},
        {state::completed, state::failed, state::queued}};
    for (auto set : sets)
      for (auto agent = -1; agent < 7; ++agent) {
        store::dispatch_filter filter{.in = set};
        if (agent >= 0)
          filter.agent = agent_id{"agent-" + std::to_string(agent)};
        std::vector<std::int64_t> expected;
        for (auto x = known.rbegin(); x != known.rend(); ++x)
          if ((set.empty() || set.contains(x->second.state))
              && (!filter.agent || *filter.agent == x->second.agent))
            expected.push_back(x->first);
        CAPTURE(set.bits());
        CAPTURE(agent);
        CHECK(pages(filter) == expected);
      }
    CHECK(findings().empty());
  }

  [[nodiscard]] std::int64_t indexed() const {
    return aut.number(
        "SELECT value FROM meta WHERE key = 'dispatches_indexed'");
  }

  [[nodiscard]] std::vector<std::string> findings() const {
    std::vector<std::string> out;
    for (const auto& x : store::check_rows(aut.options.file))
      for (const auto& finding : x.findings)
        out.push_back(std::string{x.rule} + ": " + finding);
    return out;
  }

  scratch_store aut;
  std::map<std::int64_t, known_dispatch> known;

private:
  static dispatch_state state_for(std::int64_t n) {
    if (n % 50 == 0)
      return state::sent;
    if (n % 60 == 0)
      return state::queued;
    return n % 10 == 0 ? state::failed : state::completed;
  }
};

/// While this object lives, all unfinished dispatches of a store are completed
/// as soon as a new connection has run its first query for completed ones.
class end_between_statements {
public:
  explicit end_between_statements(std::string file) : file_(std::move(file)) {
    current = this;
    REQUIRE(sqlite3_auto_extension(entry()) == SQLITE_OK);
  }

  ~end_between_statements() {
    sqlite3_cancel_auto_extension(entry());
    current = nullptr;
  }

  end_between_statements(const end_between_statements&) = delete;
  end_between_statements& operator=(const end_between_statements&) = delete;

  [[nodiscard]] bool has_run() const {
    return has_run_;
  }

private:
  static void (*entry())() {
    return reinterpret_cast<void (*)()>(&watch);
  }

  static int watch(sqlite3* db, char**, const struct sqlite3_api_routines*) {
    return sqlite3_trace_v2(db, SQLITE_TRACE_PROFILE, &on_end_of_statement,
                            nullptr);
  }

  static int on_end_of_statement(unsigned, void*, void* statement, void*) {
    std::string_view sql = sqlite3_sql(static_cast<sqlite3_stmt*>(statement));
    if (sql.find("d.state = 4") != sql.npos
        && !current->has_run_.exchange(true))
      SQLite::Database{current->file_, SQLite::OPEN_READWRITE, busy_ms}.exec(
          "UPDATE dispatches SET state = 4");
    return 0;
  }

  // SQLite passes nothing to the entry point.
  static inline end_between_statements* current = nullptr;

  std::string file_;
  std::atomic<bool> has_run_{false};
};

} // namespace

TEST_CASE("lists are complete before and after dispatches are indexed") {
  world x;
  x.add(interval - 1);
  CHECK(x.indexed() == 0);
  x.check();
  x.add(1);
  CHECK(x.indexed() >= interval - 1);
  x.check();
  x.add(interval + 300);
  CHECK(x.indexed() >= 2 * interval - 1);
  x.check();
  x.aut.close();
  auto loaded = x.aut.open();
  std::size_t unfinished = 0;
  for (const auto& [number, dispatch] : x.known)
    if (!is_end(dispatch.state))
      ++unfinished;
  CHECK(loaded.unfinished.size() == unfinished);
  REQUIRE(loaded.newest.size() == 7);
  auto last = x.known.rbegin()->first;
  for (const auto& row : loaded.newest)
    CHECK(static_cast<std::int64_t>(row.number) > last - 7);
  x.check();
}

TEST_CASE("an indexed dispatch is found in its new state") {
  world x;
  x.add(interval + 10);
  REQUIRE(x.indexed() > 0);
  auto rows = x.aut.list({.in = {state::sent}}).rows;
  REQUIRE(rows.size() > 2);
  auto to = state::completed;
  for (const auto& row : rows) {
    x.aut.run(world::end_of(row.number, row.id, to));
    x.known[static_cast<std::int64_t>(row.number)].state = to;
    to = to == state::completed ? state::failed : state::completed;
  }
  x.check();
}

TEST_CASE("a dispatch that ends while a list is read is in the list") {
  world x;
  x.aut.run(inserted(x.aut->writer().next_number(), message_id{make_uuid_v7()},
                     state::sent));
  end_between_statements hook{x.aut.options.file.path};
  auto rows = x.aut.list({.in = {state::completed, state::sent}}).rows;
  CHECK(hook.has_run());
  CHECK(rows.size() == 1);
}

TEST_CASE("a dispatch that another program has indexed keeps nothing else from "
          "being stored") {
  world x;
  x.add(10);
  SQLite::Database other{x.aut.options.file.path, SQLite::OPEN_READWRITE,
                         busy_ms};
  other.exec("INSERT INTO agent_dispatches SELECT agent, n FROM dispatches");
  CHECK(x.findings().size() == 10);
  x.add(interval);
  x.check();
}

TEST_CASE("a dispatch that is stored after later ones were indexed is found") {
  world x;
  auto early = x.aut->writer().next_number();
  auto earlier = x.aut->writer().next_number();
  x.add(interval + 10);
  REQUIRE(x.indexed() > static_cast<std::int64_t>(earlier));
  std::vector<store::operation_body> bodies;
  x.put(bodies, earlier, state::queued);
  x.put(bodies, early, state::completed);
  x.aut.wait(x.aut.submit(std::move(bodies)).back());
  x.check();
}

TEST_CASE("a dispatch whose agent is chosen later is found by it") {
  world x;
  std::vector<dispatch_number> numbers;
  auto add_without_agent = [&] {
    auto number = x.aut->writer().next_number();
    auto insert = inserted(number, message_id{make_uuid_v7()}, state::queued);
    insert.agent = agent_id{};
    x.aut.run(std::move(insert));
    numbers.push_back(number);
  };
  add_without_agent();
  x.add(interval + 10);
  add_without_agent();
  REQUIRE(x.indexed() > static_cast<std::int64_t>(numbers.front()));
  REQUIRE(x.indexed() < static_cast<std::int64_t>(numbers.back()));
  for (auto number : numbers) {
    store::mark_sent sent{number, 1, incarnation{1}};
    sent.agent = agent_id{"agent-3"};
    CHECK(x.aut.run(std::move(sent)).what == outcome::applied);
    x.known[static_cast<std::int64_t>(number)] = {agent_id{"agent-3"},
                                                  state::sent};
  }
  x.check();
}

TEST_CASE("what is erased or too old is in no index") {
  world x;
  x.add(interval + 10);
  auto gone = x.aut.list({.in = {state::failed}}).rows.back().number;
  CHECK(x.aut.run(store::erase_dispatch{gone}).what == outcome::applied);
  x.known.erase(static_cast<std::int64_t>(gone));
  x.check();
  // An agent whose dispatches are indexed only in part.
  for (const auto& row :
       x.aut.list({.in = {state::sent, state::queued}}).rows) {
    x.aut.run(store::end_dispatch{{row.number, 1, store::unfinished}});
    x.known[static_cast<std::int64_t>(row.number)].state = state::completed;
  }
  CHECK(x.aut.run(store::erase_agent{agent_id{"agent-2"}}).what
        == outcome::applied);
  std::erase_if(x.known, [](const auto& row) {
    return row.second.agent == agent_id{"agent-2"};
  });
  CHECK(x.pages({}).size() == x.known.size());
  CHECK(x.aut.number("SELECT count(*) FROM agent_dispatches")
        == x.aut.number("SELECT count(*) FROM dispatches"));
}

TEST_CASE("indexes are complete after a commit that failed") {
  failures disk;
  auto options = scratch_store::small();
  options.file.vfs = failing_vfs;
  world x{std::move(options)};
  x.add(interval - 5);
  REQUIRE(x.indexed() == 0);
  for (auto error : {ENOSPC, EIO}) {
    CAPTURE(error);
    // Ends are stored when the disk works again; the insertion is refused.
    auto number = x.aut->writer().next_number();
    auto id = message_id{make_uuid_v7()};
    x.aut.run(inserted(number, id));
    x.known[static_cast<std::int64_t>(number)] = {agent_id{"alpha"},
                                                  state::completed};
    for (auto i = 0; i < 10; ++i)
      std::ignore = x.aut->writer().next_number();
    disk.fail(failures::call::write, error, 1, 1, "-wal");
    auto end = x.aut.submit({completed(number, id)}).front();
    CHECK(x.aut.wait(end).what == outcome::applied);
    disk.clear();
    x.aut.wait_until(
        [&] { return x.aut->state().trouble.load() == store::fault::none; });
    x.add(interval);
  }
  x.check();
}

TEST_CASE("a store of version 2 is found by agent and state after migrating") {
  scratch_store aut;
  {
    auto db = store::open_writer({aut.path()});
    store::migrate(*db, store::migrations().first(2));
    db->exec("INSERT INTO agents(n, id, first_seen_us, last_seen_us)"
             " VALUES(1, 'alpha', 1, 1), (2, 'beta', 1, 1);"
             "INSERT INTO sessions(n, id, opened_us) VALUES(1, 's1', 1)");
    store::statement insert{*db, "INSERT INTO dispatches(n, id, agent, session,"
                                 " state, created_us, changed_us)"
                                 " VALUES(?1, 'd' || ?1, ?2, 1, ?3, ?4, ?4)"};
    auto now = wall_clock_now();
    for (auto n = 1; n <= 12; ++n)
      insert.run(n, 1 + n % 2, n % 3 == 0 ? 5 : 4, now);
    db->exec("INSERT INTO results(dispatch, attempt) SELECT n, 1 FROM"
             " dispatches; INSERT INTO tasks(n, content) SELECT n, 'x' FROM"
             " dispatches");
  }
  aut.open();
  CHECK(aut.number("SELECT value FROM meta WHERE key = 'dispatches_indexed'")
        == 12);
  CHECK(aut.list({.agent = agent_id{"beta"}}).rows.size() == 6);
  CHECK(aut.list({.in = {state::failed}}).rows.size() == 4);
  CHECK(
      aut.list({.in = {state::failed}, .agent = agent_id{"alpha"}}).rows.size()
      == 2);
  aut.close();
  for (const auto& x : store::check_rows(aut.options.file))
    CHECK(x.findings.empty());
}

TEST_CASE("the session of a recent dispatch is known, and of no other") {
  store::recent_sessions aut;
  CHECK_FALSE(aut.find(dispatch_number{7}));
  aut.remember(dispatch_number{7}, 70);
  CHECK(aut.find(dispatch_number{7}) == 70);
  dispatch_number next{7 + store::recent_sessions::size};
  CHECK_FALSE(aut.find(next));
  aut.remember(next, 71);
  CHECK_FALSE(aut.find(dispatch_number{7}));
  CHECK(aut.find(next) == 71);
  aut.forget();
  CHECK_FALSE(aut.find(next));
}
