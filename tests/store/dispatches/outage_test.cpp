#include "store/dispatches/failing_vfs.hpp"
#include "store/dispatches/scratch_store.hpp"

#include <doctest/doctest.h>

#include <cerrno>
#include <filesystem>
#include <fstream>
#include <sqlite3.h>

using namespace bridgekeeper;
using namespace bridgekeeper::test;
using store::fault;
using store::outcome;
using call = failures::call;

namespace {

message_id new_id() {
  return message_id{make_uuid_v7()};
}

store::writer_options failing() {
  auto out = scratch_store::small();
  out.file.vfs = failing_vfs;
  return out;
}

fault trouble(scratch_store& x) {
  return x->state().trouble.load();
}

/// A store with one dispatch that is sent.
struct with_dispatch {
  failures disk;
  scratch_store aut{failing()};
  message_id id = new_id();
  store::dispatch_number number{};

  explicit with_dispatch(std::uint64_t ballast = 0) {
    aut.options.ballast_bytes = ballast;
    aut.open();
    number = aut->writer().next_number();
    REQUIRE(aut.run(inserted(number, id)).what == outcome::applied);
  }

  std::uint64_t submit_end(micro_usd cost = {}) {
    auto end = completed(number, id);
    end.report.cost = cost;
    return aut.submit({std::move(end)}).front();
  }

  std::uint64_t submit_new() {
    return aut.submit({inserted(aut->writer().next_number(), new_id())})
        .front();
  }

  void wait_for(fault x) {
    aut.wait_until([&] { return trouble(aut) == x; });
  }
};

} // namespace

TEST_CASE("results of SQLite are classified by their code and errno") {
  using store::classify;
  CHECK(classify(SQLITE_OK, 0) == fault::none);
  CHECK(classify(SQLITE_FULL, 0) == fault::full);
  CHECK(classify(SQLITE_IOERR_WRITE, EIO) == fault::io_error);
  CHECK(classify(SQLITE_IOERR_WRITE, EDQUOT) == fault::full);
  CHECK(classify(SQLITE_IOERR_FSYNC, ENOSPC) == fault::full);
  CHECK(classify(SQLITE_IOERR_WRITE, EFBIG) == fault::full);
  CHECK(classify(SQLITE_IOERR_WRITE, EROFS) == fault::read_only);
  CHECK(classify(SQLITE_BUSY, 0) == fault::busy);
  CHECK(classify(SQLITE_CORRUPT_INDEX, 0) == fault::corrupt);
  CHECK(classify(SQLITE_NOTADB, 0) == fault::corrupt);
  CHECK(classify(SQLITE_READONLY_DBMOVED, 0) == fault::read_only);
  CHECK(classify(SQLITE_CANTOPEN, EACCES) == fault::read_only);
  CHECK(classify(SQLITE_CANTOPEN, ENOSPC) == fault::full);
}

TEST_CASE(
    "a full disk refuses new work and keeps what ends until it has room") {
  with_dispatch x;
  x.disk.fail(call::write, ENOSPC);
  auto refused = x.aut.wait(x.submit_new());
  CHECK(refused.what == outcome::not_stored);
  CHECK(refused.why == fault::full);
  CHECK(trouble(x.aut) == fault::full);
  auto end = x.submit_end(micro_usd{500});
  CHECK(x.aut.wait(x.submit_new()).why == fault::full);
  CHECK_FALSE(x.aut.find(end));
  CHECK(x.aut->writer().waiting_bytes() > 0);
  x.disk.clear();
  CHECK(x.aut.wait(end).what == outcome::applied);
  x.wait_for(fault::none);
  CHECK(x.aut.wait(x.submit_new()).what == outcome::applied);
  CHECK(x.aut->writer().waiting_bytes() == 0);
  CHECK(x.aut.number("SELECT sum(spent_musd) FROM days") == 500);
}

TEST_CASE(
    "the ballast makes room for ends, and new work waits for its return") {
  namespace fs = std::filesystem;
  with_dispatch x{1 << 20};
  auto ballast = x.aut.path() + ".ballast";
  CHECK(fs::file_size(ballast) == 1 << 20);
  // The first write fails; those after the ballast is gone succeed. A directory
  // in its place keeps it from being restored.
  x.disk.fail(call::write, ENOSPC, 1, 1);
  auto end = x.submit_end();
  CHECK(x.aut.wait(end).what == outcome::applied);
  x.wait_for(fault::none);
  CHECK(fs::exists(ballast));
}

TEST_CASE("the ballast makes room for a start") {
  with_dispatch x{1 << 20};
  x.aut.close();
  // The first write fails; those after the ballast is gone succeed.
  x.disk.fail(call::write, ENOSPC, 1, 1);
  CHECK(x.aut.open().unfinished.size() == 1);
  auto told = x.aut.warnings();
  REQUIRE_FALSE(told.empty());
  CHECK(told[0].find("is full") != std::string::npos);
  x.wait_for(fault::none);
  CHECK(x.aut.wait(x.submit_new()).what == outcome::applied);
  CHECK(std::filesystem::exists(x.aut.path() + ".ballast"));
}

TEST_CASE("a full quota is a full disk") {
  with_dispatch x;
  x.disk.fail(call::write, EDQUOT, 1, 1'000'000, "-wal");
  auto refused = x.submit_new();
  x.wait_for(fault::full);
  x.disk.clear();
  x.wait_for(fault::none);
  // The commit had started: whether it was stored was found out, not guessed.
  CHECK(x.aut.wait(refused).what == outcome::applied);
}

TEST_CASE("a commit whose sync fails once is settled and stored once") {
  with_dispatch x;
  x.disk.fail(call::sync, EIO, 1, 1);
  auto end = completed(x.number, x.id);
  end.report.cost = micro_usd{700};
  // One batch: an insert that arrived during the outage would be refused.
  auto tokens = x.aut.submit(
      {std::move(end), inserted(x.aut->writer().next_number(), new_id())});
  CHECK(x.aut.wait(tokens[0]).what == outcome::applied);
  CHECK(x.aut.wait(tokens[1]).what == outcome::applied);
  x.wait_for(fault::none);
  CHECK(x.aut.number("SELECT sum(spent_musd) FROM days") == 700);
  CHECK(x.aut.number("SELECT count(*) FROM events") == 3);
  auto events = x.aut.published();
  REQUIRE(events.size() == 3);
  CHECK(events[2]->sequence == 3);
}

TEST_CASE("a commit that is found after an I/O error is not repeated") {
  with_dispatch x;
  // The WAL stays, because it cannot be moved into the file when the
  // connection is closed; the commit is read back from it.
  x.disk.fail(call::sync, EIO, 1, 2);
  auto end = x.submit_end(micro_usd{700});
  CHECK(x.aut.wait(end).what == outcome::applied);
  x.wait_for(fault::none);
  CHECK(x.aut.number("SELECT sum(spent_musd) FROM days") == 700);
  CHECK(x.aut.number("SELECT count(*) FROM events") == 2);
  CHECK(x.aut.published().size() == 2);
}

TEST_CASE("a late result that is found after an I/O error is not repeated") {
  with_dispatch x;
  REQUIRE(x.aut
              .run(store::end_dispatch{{x.number, 1, store::on_link},
                                       dispatch_state::timed_out})
              .what
          == outcome::applied);
  x.disk.fail(call::sync, EIO, 1, 2);
  auto late = completed(x.number, x.id);
  late.report.cost = micro_usd{700};
  late.late_events = {responded(x.id)};
  auto kept = x.aut.wait(x.aut.submit({std::move(late)}).front());
  CHECK(kept.what == outcome::kept_late);
  CHECK(kept.is_settled);
  x.wait_for(fault::none);
  CHECK(x.aut.number("SELECT sum(spent_musd) FROM days") == 700);
  auto events = x.aut.published();
  REQUIRE_FALSE(events.empty());
  CHECK(static_cast<std::int64_t>(events.back()->sequence)
        == x.aut.number("SELECT max(n) FROM events"));
  // The numbers of its events are not given out again.
  CHECK(x.aut.wait(x.submit_new()).what == outcome::applied);
}

TEST_CASE("an end that is erased at once and found after an I/O error is not "
          "repeated") {
  with_dispatch x;
  x.disk.fail(call::sync, EIO, 1, 2);
  auto tokens = x.aut.submit(
      {completed(x.number, x.id), store::erase_dispatch{x.number}});
  CHECK(x.aut.wait(tokens[0]).what == outcome::applied);
  CHECK(x.aut.wait(tokens[1]).what == outcome::applied);
  x.wait_for(fault::none);
  CHECK(x.aut.number("SELECT count(*) FROM dispatches") == 0);
  CHECK(x.aut.wait(x.submit_new()).what == outcome::applied);
}

TEST_CASE("an erasure that is found after an I/O error is not repeated") {
  with_dispatch x;
  REQUIRE(x.aut.wait(x.submit_end()).what == outcome::applied);
  x.disk.fail(call::sync, EIO, 1, 2);
  auto erased = x.aut.submit({store::erase_dispatch{x.number}});
  CHECK(x.aut.wait(erased.front()).what == outcome::applied);
  x.wait_for(fault::none);
}

TEST_CASE("a disk with errors is probed until it works again") {
  with_dispatch x;
  x.disk.fail(call::sync, EIO);
  auto end = x.submit_end();
  x.wait_for(fault::io_error);
  CHECK(x.aut.wait(x.submit_new()).what == outcome::not_stored);
  CHECK_FALSE(x.aut.find(end));
  x.disk.clear();
  CHECK(x.aut.wait(end).what == outcome::applied);
  x.wait_for(fault::none);
  CHECK(x.aut.history(x.id)->row.state == dispatch_state::completed);
}

TEST_CASE("a disk that became read-only is recognized") {
  with_dispatch x;
  x.disk.fail(call::write, EROFS);
  auto end = x.submit_end();
  x.wait_for(fault::read_only);
  x.disk.clear();
  CHECK(x.aut.wait(end).what == outcome::applied);
}

TEST_CASE("reads go on while the disk is full") {
  with_dispatch x;
  x.disk.fail(call::write, ENOSPC);
  x.aut.wait(x.submit_new());
  CHECK(x.aut.history(x.id));
}

TEST_CASE("a program that holds the write lock is waited for and named") {
  with_dispatch x;
  x.aut.close();
  x.aut.options.file.busy_ms = 50;
  x.aut.open();
  SQLite::Database other{x.aut.path(), SQLite::OPEN_READWRITE, 1'000};
  other.exec("BEGIN IMMEDIATE");
  auto refused = x.aut.wait(x.submit_new());
  CHECK(refused.what == outcome::not_stored);
  CHECK(refused.why == fault::busy);
  auto end = x.submit_end();
  other.exec("ROLLBACK");
  CHECK(x.aut.wait(end).what == outcome::applied);
  x.wait_for(fault::none);
  auto told = x.aut.warnings();
  REQUIRE(told.size() == 2);
  CHECK(told[0].find("write lock") != std::string::npos);
}

TEST_CASE("a damaged file ends neither the daemon nor its start") {
  scratch_store aut;
  aut.open();
  aut.close();
  {
    std::fstream file{aut.path(),
                      std::ios::in | std::ios::out | std::ios::binary};
    file << "This is not a database, but a text about one.";
  }
  CHECK(aut.open().unfinished.empty());
  CHECK(trouble(aut) == fault::corrupt);
  auto refused = aut.run(inserted(aut->writer().next_number(), new_id()));
  CHECK(refused.what == outcome::not_stored);
  CHECK(refused.why == fault::corrupt);
}

TEST_CASE("damage that a query finds stops the writer") {
  scratch_store aut;
  aut.open();
  auto id = new_id();
  aut.run(inserted(aut->writer().next_number(), id));
  aut.close();
  auto page = aut.number("SELECT rootpage FROM sqlite_schema"
                         " WHERE name = 'tasks'");
  {
    std::fstream file{aut.path(),
                      std::ios::in | std::ios::out | std::ios::binary};
    file.seekp((page - 1) * 4'096);
    file << std::string(4'096, '\xff');
  }
  aut.open();
  auto answer = aut.ask<std::optional<store::dispatch_details>>(
      [&](auto done) { aut->reader().history(id, std::move(done)); });
  CHECK(answer.why == store::read_failure::unavailable);
  auto refused = aut.run(inserted(aut->writer().next_number(), new_id()));
  CHECK(refused.why == fault::corrupt);
}

TEST_CASE("what waits when the writer ends is answered") {
  with_dispatch x;
  x.disk.fail(call::write, ENOSPC);
  auto end = x.submit_end();
  x.wait_for(fault::full);
  x.aut.close();
  CHECK(x.aut.wait(end).what == outcome::not_stored);
}
