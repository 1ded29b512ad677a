#include "store/dispatches/maintenance.hpp"
#include "store/dispatches/retention.hpp"
#include "store/dispatches/scratch_store.hpp"
#include "store/dispatches/statement.hpp"

#include <doctest/doctest.h>

#include <filesystem>
#include <fstream>

using namespace bridgekeeper;
using namespace bridgekeeper::test;
using store::outcome;

namespace {

message_id new_id() {
  return message_id{make_uuid_v7()};
}

/// Stores dispatches that have ended.
std::vector<message_id> fill(scratch_store& aut, int count) {
  std::vector<message_id> out;
  std::vector<store::operation_body> bodies;
  for (auto i = 0; i < count; ++i) {
    auto number = aut->writer().next_number();
    out.push_back(new_id());
    bodies.emplace_back(inserted(number, out.back()));
    bodies.emplace_back(
        store::record_events{{progressed(out.back(), "half")}, number, 1});
    bodies.emplace_back(completed(number, out.back()));
  }
  auto tokens = aut.submit(std::move(bodies), store::durability::commit);
  CHECK(aut.wait(tokens.back()).what == outcome::applied);
  return out;
}

/// Removes slices until nothing is left to remove, as if it were `now`.
void retain(scratch_store& aut, const store::retention_limits& limits,
            timestamp now = wall_clock_now()) {
  aut.close();
  SQLite::Database db{aut.path(), SQLite::OPEN_READWRITE};
  store::retention subject{limits};
  for (auto more = true; more;) {
    db.exec("BEGIN IMMEDIATE");
    more = subject.remove_slice(db, now);
    db.exec("COMMIT");
  }
}

std::optional<failure> back_up(scratch_store& aut, const std::string& target) {
  std::optional<std::optional<failure>> out;
  std::mutex mutex;
  aut->writer().back_up(target, [&](const auto& problem) {
    std::lock_guard guard{mutex};
    out = problem;
  });
  aut.wait_until([&] {
    std::lock_guard guard{mutex};
    return out.has_value();
  });
  return *out;
}

} // namespace

TEST_CASE("retention by number keeps the newest and what is unfinished") {
  scratch_store aut;
  aut.open();
  auto open = new_id();
  aut.run(inserted(aut->writer().next_number(), open));
  fill(aut, 700);
  store::retention_limits limits;
  limits.rows = 250;
  retain(aut, limits);
  CHECK(aut.number("SELECT count(*) FROM dispatches") == 250);
  CHECK(aut.number("SELECT count(*) FROM tasks") == 250);
  CHECK(aut.number("SELECT count(*) FROM results") == 249);
  CHECK(aut.number("SELECT max(n) FROM dispatches") == 701);
  // The events of the unfinished dispatch are the oldest ones.
  CHECK(aut.number("SELECT count(*) FROM events") == 2'101);
  CHECK(aut.open().unfinished.size() == 1);
}

TEST_CASE("retention by number leaves the key of a dispatch until its time") {
  scratch_store aut;
  aut.open();
  message_id id{make_uuid_v7()};
  auto keyed = [&](const message_id& of) {
    auto out = inserted(aut->writer().next_number(), of);
    out.key = {"panel", "k1", "hash", wall_clock_now() + std::chrono::hours{1}};
    return out;
  };
  auto first = keyed(id);
  auto number = first.number;
  aut.run(std::move(first));
  aut.run(completed(number, id));
  store::retention_limits limits;
  limits.rows = 0;
  retain(aut, limits);
  aut.open();
  CHECK_FALSE(aut.history(id));
  auto again = aut.run(keyed(message_id{make_uuid_v7()}));
  CHECK(again.what == outcome::duplicate);
  CHECK(again.existing == id);
}

TEST_CASE("no number of an event that retention has removed is used again") {
  scratch_store aut;
  aut.open();
  fill(aut, 2);
  auto newest = aut.number("SELECT max(n) FROM events");
  auto killed = aut.crashed_copy();
  retain(*killed, {}, wall_clock_now() + std::chrono::hours{24 * 365});
  CHECK(killed->number("SELECT count(*) FROM events") == 0);
  CHECK(killed->open().last_event == static_cast<std::uint64_t>(newest));
  fill(*killed, 1);
  CHECK(killed->number("SELECT min(n) FROM events") == newest + 1);
}

TEST_CASE("retention by age removes dispatches and events") {
  scratch_store aut;
  aut.open();
  fill(aut, 450);
  auto later = wall_clock_now() + std::chrono::days{31};
  retain(aut, {}, later);
  CHECK(aut.number("SELECT count(*) FROM dispatches") == 0);
  CHECK(aut.number("SELECT count(*) FROM events") == 0);
  // Numbers and cursors go on.
  CHECK(aut.open().next_number == 451);
}

TEST_CASE("progress and contents may be kept for a shorter time") {
  scratch_store aut;
  aut.open();
  auto ids = fill(aut, 300);
  auto later = wall_clock_now() + std::chrono::days{8};
  store::retention_limits limits;
  retain(aut, limits, later);
  CHECK(aut.number("SELECT count(*) FROM events WHERE type = 4") == 0);
  CHECK(aut.number("SELECT count(*) FROM events") == 600);
  CHECK(aut.number("SELECT count(*) FROM tasks") == 300);
  limits.content_age = std::chrono::hours{24};
  retain(aut, limits, later);
  CHECK(aut.number("SELECT count(*) FROM tasks") == 0);
  CHECK(aut.number("SELECT count(*) FROM results WHERE content = ''") == 300);
  aut.open();
  CHECK(aut.history(ids.front())->row.state == dispatch_state::completed);
}

TEST_CASE("retention by size removes the oldest until the rest fits") {
  scratch_store aut;
  aut.open();
  fill(aut, 1'000);
  store::retention_limits limits;
  limits.bytes = 256 * 1024;
  retain(aut, limits);
  auto rows = aut.number("SELECT count(*) FROM dispatches");
  CHECK(rows < 1'000);
  CHECK(aut.number("SELECT max(n) FROM dispatches") == (rows > 0 ? 1'000 : 0));
}

TEST_CASE("the writer removes what is too old by itself") {
  scratch_store aut;
  aut.options.keep.rows = 100;
  aut.open();
  fill(aut, 400);
  aut.close();
  aut.open();
  aut.wait_until(
      [&] { return aut.number("SELECT count(*) FROM dispatches") == 100; });
}

TEST_CASE("a backup that is made under load is a complete store") {
  scratch_store aut;
  aut.open();
  auto ids = fill(aut, 3'000);
  auto target = aut.path() + ".copy";
  std::atomic<bool> is_done{false};
  std::optional<failure> problem = failure{errc::internal, "not finished"};
  aut->writer().back_up(target, [&](const auto& x) {
    problem = x;
    is_done = true;
  });
  auto rounds = 0;
  for (; !is_done; ++rounds)
    fill(aut, 5);
  CHECK_FALSE(problem);
  CHECK(rounds > 0);
  CHECK(std::filesystem::status(target).permissions()
        == (std::filesystem::perms::owner_read
            | std::filesystem::perms::owner_write));
  SQLite::Database copy{target};
  CHECK(store::number_of(copy, "SELECT count(*) FROM dispatches") >= 3'000);
  CHECK(store::check_store({target}).empty());
  CHECK_FALSE(std::filesystem::exists(target + ".partial"));
}

TEST_CASE("a backup that cannot be written says why and leaves nothing") {
  scratch_store aut;
  aut.open();
  for (const auto& target : {aut.path() + ".none/copy", aut.path()}) {
    auto problem = back_up(aut, target);
    REQUIRE(problem);
    CHECK(problem->code == errc::invalid_message);
    CHECK(problem->detail.find(target) != std::string::npos);
  }
  CHECK(aut.run(inserted(aut->writer().next_number(), new_id())).what
        == outcome::applied);
}

TEST_CASE("an intact store is reported as intact, with its figures") {
  scratch_store aut;
  aut.open();
  auto ids = fill(aut, 10);
  aut.run(inserted(aut->writer().next_number(), new_id()));
  CHECK(store::check_store(aut.options.file).empty());
  auto figures = store::statistics_of(aut.options.file);
  CHECK(figures.schema == 4);
  CHECK(figures.starts == 1);
  REQUIRE(figures.oldest);
  CHECK(figures.oldest->id == ids.front().str());
  REQUIRE(figures.newest);
  CHECK(figures.newest->created > figures.oldest->created);
  CHECK(figures.dispatches_by_state["completed"] == 10);
  CHECK(figures.dispatches_by_state["sent"] == 1);
  CHECK(figures.rows_by_table["events"] == 31);
  CHECK(figures.wal_bytes > 0);
}

TEST_CASE("an export of a damaged store loses only what is damaged") {
  scratch_store aut;
  aut.open();
  fill(aut, 2'000);
  aut.close();
  auto lines = [&](std::vector<store::lost_rows>& lost) {
    std::int64_t tasks = 0;
    auto done = store::export_rows(aut.options.file, [&](std::string_view x) {
      tasks += x.starts_with(R"({"kind":"task",)") ? 1 : 0;
    });
    lost = done.lost;
    return tasks;
  };
  std::vector<store::lost_rows> lost;
  CHECK(lines(lost) == 2'000);
  CHECK(lost.empty());
  // A page in the middle of the table; its first rows are in the leaf with the
  // lowest number.
  auto page = aut.number("SELECT pageno FROM dbstat WHERE name = 'tasks'"
                         " AND pagetype = 'leaf' ORDER BY path LIMIT 1"
                         " OFFSET 5");
  {
    std::fstream file{aut.path(),
                      std::ios::in | std::ios::out | std::ios::binary};
    file.seekp((page - 1) * 4'096);
    file << std::string(4'096, '\xff');
  }
  CHECK_FALSE(store::check_store(aut.options.file).empty());
  auto saved = lines(lost);
  CHECK(saved < 2'000);
  CHECK(saved > 1'500);
  // One page is one range, and says exactly which rows are missing.
  REQUIRE(lost.size() == 1);
  CHECK(lost[0].table == "tasks");
  CHECK(lost[0].last - lost[0].first + 1 == 2'000 - saved);
}

TEST_CASE("a vacuum returns the space of removed rows") {
  scratch_store aut;
  aut.open();
  fill(aut, 2'000);
  aut.run(store::erase_agent{agent_id{"alpha"}});
  CHECK(aut.number("PRAGMA freelist_count") > 100);
  std::atomic<bool> is_done{false};
  aut->writer().vacuum([&](const auto& problem) {
    CHECK_FALSE(problem);
    is_done = true;
  });
  aut.wait_until([&] { return is_done.load(); });
  CHECK(aut.number("PRAGMA freelist_count") == 0);
  CHECK(std::filesystem::file_size(aut.path()) < 200 * 1'024);
}

TEST_CASE("an agent that was erased can come back") {
  scratch_store aut;
  aut.open();
  fill(aut, 3);
  CHECK(aut.run(store::erase_agent{agent_id{"alpha"}}).what
        == outcome::applied);
  CHECK(aut.number("SELECT count(*) FROM agents") == 0);
  auto ids = fill(aut, 1);
  CHECK(aut.history(ids[0])->row.session == session_id{"s1"});
  CHECK(aut.run(store::forget_agent{agent_id{"alpha"}}).what
        == outcome::applied);
  aut.close();
  auto loaded = aut.open();
  CHECK(loaded.agents.empty());
  aut.run(store::upsert_agent{agent_id{"alpha"}, "Alpha"});
  aut.close();
  loaded = aut.open();
  REQUIRE(loaded.agents.size() == 1);
  CHECK(loaded.agents[0].name == "Alpha");
}

TEST_CASE("a session's spending survives and can start again") {
  scratch_store aut;
  aut.open();
  auto id = new_id();
  auto number = aut->writer().next_number();
  aut.run(store::upsert_session{session_id{"s1"}, {}, wall_clock_now()});
  aut.run(inserted(number, id));
  auto end = completed(number, id);
  end.report.cost = micro_usd{900};
  aut.run(end);
  aut.close();
  auto loaded = aut.open();
  REQUIRE(loaded.sessions.size() == 1);
  CHECK(loaded.sessions[0].spent == micro_usd{900});
  CHECK(loaded.spent_today == micro_usd{900});
  aut.run(store::upsert_session{
      session_id{"s1"}, {}, wall_clock_now(), micro_usd{}});
  aut.close();
  CHECK(aut.open().sessions[0].spent == micro_usd{});
}

TEST_CASE("a reader in the way keeps neither commits nor an erasure waiting") {
  scratch_store aut;
  aut.options.file.busy_ms = 15'000;
  aut.open();
  auto id = new_id();
  auto number = aut->writer().next_number();
  aut.run(inserted(number, id));
  aut.run(completed(number, id));
  SQLite::Database other{aut.path(), SQLite::OPEN_READONLY};
  other.exec("BEGIN");
  CHECK(store::number_of(other, "SELECT count(*) FROM dispatches") == 1);
  CHECK(aut.run(store::erase_dispatch{number}).what == outcome::applied);
  auto start = std::chrono::steady_clock::now();
  fill(aut, 5);
  CHECK(std::chrono::steady_clock::now() - start < std::chrono::seconds{10});
  CHECK(std::filesystem::file_size(aut.path() + "-wal") > 0);
  other.exec("ROLLBACK");
  aut.wait_until(
      [&] { return std::filesystem::file_size(aut.path() + "-wal") == 0; });
}
