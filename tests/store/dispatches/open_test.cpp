#include "store/dispatches/connection.hpp"
#include "store/dispatches/fault.hpp"
#include "store/dispatches/maintenance.hpp"
#include "store/dispatches/migrate.hpp"
#include "store/dispatches/scratch_store.hpp"
#include "store/dispatches/statement.hpp"

#include <doctest/doctest.h>

#include <array>
#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <string>
#include <tuple>

using namespace bridgekeeper;
using namespace bridgekeeper::test;
using store::fault;

namespace fs = std::filesystem;

namespace {

/// Why the store cannot be opened; the text is stored in `text`.
fault failure_of(scratch_store& x, std::string& text) {
  try {
    x.open();
  } catch (const store::open_error& problem) {
    text = problem.what();
    return problem.why();
  }
  return fault::none;
}

} // namespace

TEST_CASE("a store of a later schema is neither read nor changed") {
  scratch_store aut;
  aut.open();
  message_id id{make_uuid_v7()};
  aut.run(inserted(aut->writer().next_number(), id));
  aut.close();
  aut.execute("PRAGMA user_version = 9");
  CHECK(aut.open().unfinished.empty());
  CHECK(aut->state().trouble.load() == fault::newer_schema);
  auto told = aut.warnings();
  REQUIRE(told.size() == 1);
  CHECK(told[0].find("schema 9") != std::string::npos);
  auto refused = aut.run(inserted(aut->writer().next_number(), id));
  CHECK(refused.what == store::outcome::not_stored);
  CHECK(refused.why == fault::newer_schema);
  auto answer = aut.ask<std::optional<store::dispatch_details>>(
      [&](auto done) { aut->reader().history(id, std::move(done)); });
  CHECK(answer.why == store::read_failure::unavailable);
  aut.close();
  CHECK(aut.number("PRAGMA user_version") == 9);
  CHECK(aut.number("SELECT count(*) FROM dispatches") == 1);
  CHECK(aut.number("SELECT count(*) FROM starts") == 1);
}

TEST_CASE("a file of another program is refused and not changed") {
  scratch_store aut;
  {
    SQLite::Database other{aut.path(),
                           SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE};
    other.exec("CREATE TABLE theirs(x); PRAGMA application_id = 7");
  }
  std::string text;
  CHECK(failure_of(aut, text) == fault::read_only);
  CHECK(text.find("another program") != std::string::npos);
  CHECK(aut.number("SELECT count(*) FROM sqlite_schema") == 1);
}

TEST_CASE("a second process is refused") {
  scratch_store aut;
  aut.open();
  store::writer_options same = aut.options;
  CHECK_THROWS_AS(store::dispatch_store(same, {}), store::open_error);
  aut.close();
  CHECK_NOTHROW(store::dispatch_store(same, {}));
}

TEST_CASE("a directory that is missing or not writable is named") {
  scratch_store aut;
  aut.options.file.path += "/missing/store.db";
  std::string text;
  CHECK(failure_of(aut, text) == fault::read_only);
  CHECK(text.find("--data-dir") != std::string::npos);
}

TEST_CASE("network file systems are recognized by their type") {
  CHECK(store::is_network_file_system(0x6969));
  CHECK(store::is_network_file_system(0xff534d42));
  CHECK_FALSE(store::is_network_file_system(0xef53));     // ext4
  CHECK_FALSE(store::is_network_file_system(0x01021994)); // tmpfs
}

TEST_CASE("a migration backs up the file and keeps its rows") {
  scratch_directory directory;
  auto path = directory.path() + "/store.db";
  constexpr std::array<store::migration, 3> steps{{
      {1, "CREATE TABLE old(x INTEGER) STRICT; INSERT INTO old VALUES(5)"},
      {2, "CREATE TABLE young(x INTEGER) STRICT"},
      {3, "INSERT INTO young SELECT x + 1 FROM old; DROP TABLE old"},
  }};
  std::string told;
  auto notice = [&](auto from, auto to) {
    told += std::to_string(from) + " to " + std::to_string(to);
    if (!fs::exists(store::backup_name(path, from)))
      told += ", without a backup yet";
  };
  {
    auto db = store::open_writer({path});
    CHECK(store::migrate(*db, std::span{steps}.first(1), notice) == 0);
    CHECK(told.empty());
    CHECK_FALSE(fs::exists(store::backup_name(path, 0)));
  }
  {
    auto db = store::open_writer({path});
    CHECK(store::migrate(*db, steps, notice) == 1);
    CHECK(store::number_of(*db, "SELECT x FROM young") == 6);
    CHECK(store::number_of(*db, "PRAGMA user_version") == 3);
    CHECK(store::migrate(*db, steps, notice) == 3);
    CHECK(told == "1 to 3, without a backup yet");
  }
  SQLite::Database backup{store::backup_name(path, 1)};
  CHECK(store::number_of(backup, "SELECT x FROM old") == 5);
  CHECK(store::number_of(backup, "PRAGMA user_version") == 1);
}

TEST_CASE("a migration does not begin if its notice throws") {
  scratch_store aut;
  {
    auto db = store::open_writer({aut.path()});
    store::migrate(*db, store::migrations().first(1));
  }
  auto notice = [](auto, auto) { throw std::runtime_error{"not now"}; };
  {
    store::dispatch_store opened{aut.options, {}};
    CHECK_THROWS_WITH(std::ignore = opened.start(notice), "not now");
  }
  CHECK(aut.number("PRAGMA user_version") == 1);
}

TEST_CASE("a migration that fails leaves the version before it") {
  scratch_directory directory;
  auto path = directory.path() + "/store.db";
  constexpr std::array<store::migration, 2> steps{{
      {1, "CREATE TABLE old(x INTEGER) STRICT"},
      {2, "DROP TABLE old; CREATE TABLE (nonsense)"},
  }};
  auto db = store::open_writer({path});
  store::migrate(*db, std::span{steps}.first(1));
  CHECK_THROWS(store::migrate(*db, steps));
  CHECK(store::number_of(*db, "PRAGMA user_version") == 1);
  CHECK(store::number_of(*db, "SELECT count(*) FROM old") == 0);
}

TEST_CASE("the store of version 1 is read, and keeps what version 2 adds") {
  scratch_store aut;
  message_id old{make_uuid_v7()};
  message_id other{make_uuid_v7()};
  {
    auto db = store::open_writer({aut.path()});
    store::migrate(*db, store::migrations().first(1));
    db->exec("INSERT INTO agents(n, id, first_seen_us, last_seen_us)"
             " VALUES(1, 'alpha', 1, 1);"
             "INSERT INTO sessions(n, id, opened_us) VALUES(1, 's1', 1)");
    auto state = 5;
    // Retention would remove what is old.
    auto now = wall_clock_now();
    for (const auto& id : {old, other}) {
      store::statement{*db, "INSERT INTO dispatches(id, agent, session, state,"
                            " incarnation, created_us, changed_us, reason,"
                            " detail, first_event, last_event)"
                            " VALUES(?1, 1, 1, ?2, 1, ?3, ?3, 5, 'boom', 0, 0)"}
          .run(store::stored_id{id.str()}, state, now);
      state = 1;
    }
    db->exec("INSERT INTO tasks VALUES(1, 'x', NULL, NULL),"
             " (2, 'y', NULL, NULL);"
             "INSERT INTO results VALUES(1, 1, 'half', NULL, 'boom', 7, 0)");
  }
  CHECK(store::check_rows({aut.path()}).size() == 8);
  auto loaded = aut.open();
  REQUIRE(loaded.unfinished.size() == 1);
  CHECK(loaded.unfinished[0].content == "y");
  auto found = aut.history(old);
  REQUIRE(found);
  REQUIRE(found->results.size() == 1);
  CHECK(found->results[0].answer->content == "half");
  CHECK(found->results[0].cost == micro_usd{7});
  CHECK_FALSE(found->results[0].answer->details);
  CHECK_FALSE(found->row.failure);
  // A dispatch that was begun before ends after.
  auto end = completed(loaded.unfinished[0].row.number, other);
  end.to = dispatch_state::failed;
  end.report.answer = failed_answer_of(other);
  aut.run(std::move(end));
  found = aut.history(other);
  REQUIRE(found);
  REQUIRE(found->results.size() == 1);
  CHECK(found->results[0].answer->details
        != std::shared_ptr<const response_details>{});
  aut.close();
  CHECK(aut.number("PRAGMA user_version") == 4);
  CHECK(store::check_rows({aut.path()}).size() == 10);
  SQLite::Database backup{store::backup_name(aut.path(), 1)};
  CHECK(store::number_of(backup, "PRAGMA user_version") == 1);
  CHECK(store::number_of(backup, "SELECT count(*) FROM results") == 1);
}

TEST_CASE("keys of version 3 lead to their dispatches in version 4") {
  scratch_store aut;
  message_id id{make_uuid_v7()};
  auto until = wall_clock_now() + std::chrono::hours{1};
  {
    auto db = store::open_writer({aut.path()});
    store::migrate(*db, store::migrations().first(3));
    store::statement{*db, "INSERT INTO dispatches(id, agent, session, state,"
                          " created_us, changed_us) VALUES(?1, 1, 1, 4, ?2,"
                          " ?2)"}
        .run(store::stored_id{id.str()}, wall_clock_now());
    store::statement{*db, "INSERT INTO idempotency VALUES('panel', 'k1',"
                          " x'00', 1, ?1), ('panel', 'k2', x'00', 99, ?1)"}
        .run(until);
  }
  aut.open();
  auto keyed = [&](const std::string& key) {
    auto out =
        inserted(aut->writer().next_number(), message_id{make_uuid_v7()});
    out.key = {"panel", key, std::string(1, '\0'), until};
    return aut.run(std::move(out));
  };
  CHECK(keyed("k1").existing == id);
  // The dispatch of this one had been removed.
  CHECK(keyed("k2").what == store::outcome::applied);
}

TEST_CASE("the log for the command line names states and times") {
  scratch_store aut;
  aut.open();
  auto id = message_id{make_uuid_v7()};
  aut.run(inserted(aut->writer().next_number(), id));
  CHECK(aut.text("SELECT id FROM dispatch_log") == id.str());
  CHECK(aut.text("SELECT state FROM dispatch_log") == "sent");
  CHECK(aut.text("SELECT agent FROM dispatch_log") == "alpha");
  CHECK(aut.text("SELECT created FROM dispatch_log").back() == 'Z');
}
