// The process is killed at each crash point; what it was told before must be on
// record. Then the same with a defect, which these checks must detect.

#include "store/dispatches/connection.hpp"
#include "store/dispatches/crash_points.hpp"
#include "store/dispatches/maintenance.hpp"
#include "store/dispatches/migrate.hpp"
#include "store/dispatches/schema.hpp"
#include "store/dispatches/scratch_store.hpp"
#include "store/dispatches/statement.hpp"

#include <doctest/doctest.h>

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <set>
#include <sys/wait.h>
#include <unistd.h>

using namespace bridgekeeper;
using namespace bridgekeeper::test;
using store::outcome;

namespace {

constexpr int dispatches = 40;

message_id id_of(int i) {
  return message_id{"dispatch-" + std::to_string(i)};
}

/// What the killed process was told: lines of a pipe.
struct witnessed {
  std::set<int> accepted;
  std::set<int> ended;
  std::set<std::uint64_t> events;
  bool was_killed = false;
};

/// Runs in the child. Two dispatches at a time, so that batches differ.
void work(const std::string& path, int out) {
  auto say = [out](char what, std::uint64_t number) {
    auto line = what + std::to_string(number) + "\n";
    std::ignore = ::write(out, line.data(), line.size());
  };
  scratch_store store;
  store.options.file.path = path;
  // Told at once, before the process can be killed: four tokens for each two
  // dispatches, first those of their acceptance.
  store.on_completion = [&](const store::completion& x) {
    auto index = x.token - 1;
    if (x.what == outcome::applied)
      say(index % 4 < 2 ? 'a' : 'e', index / 4 * 2 + index % 2);
  };
  store.open();
  // Large enough for a checkpoint.
  const std::string text(200'000, 'x');
  for (auto i = 0; i < dispatches; i += 2) {
    auto first = store->writer().next_number();
    auto second = store->writer().next_number();
    auto large = inserted(first, id_of(i));
    large.content = text;
    store.wait(store.submit({large, inserted(second, id_of(i + 1))}).back());
    auto end = completed(first, id_of(i));
    end.report.cost = micro_usd{7};
    store.wait(store.submit({end, completed(second, id_of(i + 1))}).back());
    for (const auto& x : store.published())
      say('n', x->sequence);
  }
}

witnessed run_child(const std::string& path, const std::string& point,
                    const std::string& mutation = {}) {
  int pipe[2];
  REQUIRE(::pipe(pipe) == 0);
  auto child = ::fork();
  if (child == 0) {
    ::close(pipe[0]);
    ::setenv("BRIDGEKEEPER_CRASH_AT", point.c_str(), 1);
    ::setenv("BRIDGEKEEPER_MUTATION", mutation.c_str(), 1);
    work(path, pipe[1]);
    ::_exit(0);
  }
  ::close(pipe[1]);
  witnessed out;
  auto* in = ::fdopen(pipe[0], "r");
  char what = 0;
  unsigned long number = 0;
  while (std::fscanf(in, " %c%lu", &what, &number) == 2)
    if (what == 'n')
      out.events.insert(number);
    else
      (what == 'a' ? out.accepted : out.ended).insert(static_cast<int>(number));
  std::fclose(in);
  auto status = 0;
  ::waitpid(child, &status, 0);
  out.was_killed = WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL;
  return out;
}

/// What the store does not confirm of what was witnessed.
std::string broken_promise(scratch_store& store, const witnessed& seen) {
  store.open();
  for (auto i : seen.accepted)
    if (!store.history(id_of(i)))
      return "accepted and not on record";
  for (auto i : seen.ended)
    if (store.history(id_of(i))->row.state != dispatch_state::completed)
      return "ended and not on record";
  for (auto number : seen.events)
    if (store.number("SELECT count(*) FROM events WHERE n = "
                     + std::to_string(number))
        != 1)
      return "published and not on record";
  auto stored = store.number("SELECT max(n) FROM events");
  store.run(store::record_events{{progressed(id_of(0), "next")}});
  if (store.published().back()->sequence
      != static_cast<std::uint64_t>(stored) + 1)
    return "numbers do not continue";
  if (store.number("SELECT coalesce(sum(spent_musd), 0) FROM days")
      != 7 * store.number("SELECT count(*) FROM results WHERE cost_musd > 0"))
    return "costs are not those of the results";
  return store::check_store(store.options.file).empty() ? "" : "damaged";
}

constexpr int old_dispatches = 50;

message_id old_id(int i) {
  return message_id{"old-" + std::to_string(i)};
}

/// A store as the first version of the schema had it, with finished dispatches.
void make_first_version(const std::string& path) {
  auto db = store::open_writer({path});
  store::migrate(*db, store::migrations().first(1));
  db->exec("INSERT INTO agents(n, id, first_seen_us, last_seen_us)"
           " VALUES(1, 'alpha', 1, 1);"
           "INSERT INTO sessions(n, id, opened_us) VALUES(1, 's1', 1)");
  store::statement add{*db, "INSERT INTO dispatches(id, agent, session, state,"
                            " created_us, changed_us)"
                            " VALUES(?1, 1, 1, 4, ?2, ?2)"};
  for (auto i = 0; i < old_dispatches; ++i)
    // Retention would remove what is old.
    add.run(store::stored_id{old_id(i).str()}, wall_clock_now());
  db->exec("INSERT INTO tasks SELECT n, 'x', NULL, NULL FROM dispatches;"
           "INSERT INTO results SELECT n, 1, 'y', NULL, NULL, 0, 0"
           " FROM dispatches");
}

struct mutated {
  explicit mutated(const char* name) {
    ::setenv("BRIDGEKEEPER_MUTATION", name, 1);
  }
  ~mutated() {
    ::unsetenv("BRIDGEKEEPER_MUTATION");
  }
};

} // namespace

TEST_CASE("what was answered before a crash is on record after it") {
  for (const std::string point :
       {"before_commit:1", "before_commit:2", "before_commit:9",
        "after_commit:1", "after_commit:8", "after_commit:21", "checkpoint:1",
        "migration"}) {
    CAPTURE(point);
    scratch_store store;
    auto seen = run_child(store.path(), point);
    CHECK(seen.was_killed);
    CHECK(broken_promise(store, seen) == "");
  }
}

TEST_CASE("a checkpoint that is cut off leaves every row") {
  for (auto page : {1, 40, 200}) {
    CAPTURE(page);
    scratch_store store;
    auto seen =
        run_child(store.path(), "checkpointed_page:" + std::to_string(page));
    CHECK(seen.was_killed);
    CHECK(broken_promise(store, seen) == "");
  }
}

TEST_CASE("a migration that is cut off leaves every row") {
  // The first step makes the store.
  auto steps = store::migrations().size() - 1;
  for (std::size_t step = 1; step <= steps; ++step) {
    CAPTURE(step);
    scratch_store store;
    make_first_version(store.path());
    auto seen = run_child(store.path(), "migration:" + std::to_string(step));
    CHECK(seen.was_killed);
    store.open();
    for (auto i = 0; i < old_dispatches; ++i) {
      auto found = store.history(old_id(i));
      REQUIRE(found);
      CHECK(found->results.size() == 1);
    }
    CHECK(store.number("PRAGMA user_version") == store::migrations().back().to);
    CHECK(store.number("SELECT count(*) FROM agent_dispatches")
          == old_dispatches);
    CHECK(store::check_store(store.options.file).empty());
    SQLite::Database backup{store::backup_name(store.path(), 1)};
    CHECK(store::number_of(backup, "SELECT count(*) FROM results")
          == old_dispatches);
  }
}

TEST_CASE("answers that leave before the commit are detected") {
  scratch_store store;
  auto seen = run_child(store.path(), "before_commit:9", "answer_first");
  CHECK(seen.was_killed);
  CHECK(broken_promise(store, seen) != "");
}

TEST_CASE("updates without a guard are detected") {
  mutated build{"no_guard"};
  scratch_store store;
  store.open();
  auto id = id_of(1);
  auto number = store->writer().next_number();
  store.run(inserted(number, id));
  store.run(completed(number, id));
  store::end_dispatch late{{number, 1, store::on_link}, dispatch_state::lost};
  store.run(late);
  CHECK(store.history(id)->row.state == dispatch_state::lost);
}

TEST_CASE("costs that count before the guard are detected") {
  mutated build{"settle_first"};
  scratch_store store;
  store.open();
  auto id = id_of(1);
  auto number = store->writer().next_number();
  store.run(inserted(number, id));
  auto end = completed(number, id);
  end.report.cost = micro_usd{7};
  store.run(end);
  CHECK(store.run(end).what == outcome::repeated);
  CHECK(store.number("SELECT sum(spent_musd) FROM days") == 14);
}
