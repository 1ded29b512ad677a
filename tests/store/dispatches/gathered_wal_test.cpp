#include "store/dispatches/failing_vfs.hpp"
#include "store/dispatches/gathered_wal.hpp"
#include "store/dispatches/scratch_store.hpp"
#include "store/dispatches/statement.hpp"

#include <doctest/doctest.h>

#include <SQLiteCpp/Database.h>
#include <cerrno>
#include <filesystem>
#include <limits>
#include <string>
#include <tuple>

using namespace bridgekeeper;
using namespace bridgekeeper::test;

namespace {

namespace fs = std::filesystem;
using call = failures::call;

/// A database with a table, on a disk whose writes are counted and can fail.
class database {
public:
  database()
    : inner_(path(), SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE, 0,
             store::gathered_wal_vfs(failing_vfs)) {
    // Commits do not sync, so nothing else brings frames to the file.
    for (auto pragma :
         {"journal_mode = WAL", "synchronous = OFF", "wal_autocheckpoint = 0"})
      inner_.exec(std::string{"PRAGMA "} + pragma);
    inner_.exec("CREATE TABLE rows(n INTEGER PRIMARY KEY, x TEXT)");
  }

  /// Each row takes a page.
  void add(int rows) {
    inner_.exec("WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c"
                " WHERE n < "
                + std::to_string(rows)
                + ") INSERT INTO rows(x) SELECT printf('%.3000c', 'x') FROM c");
  }

  void exec(const std::string& sql) {
    inner_.exec(sql);
  }

  /// The number of writes to the WAL that this work makes.
  template <class Work>
  int writes_of(Work work) {
    disk.fail(call::write, EIO, std::numeric_limits<int>::max(), 0, "-wal");
    work();
    auto out = disk.asked();
    disk.clear();
    return out;
  }

  /// The rows that another connection sees.
  [[nodiscard]] std::int64_t rows() const {
    return rows_in(path());
  }

  /// The rows after a crash of the process: what is in the files.
  [[nodiscard]] std::int64_t rows_after_crash() const {
    scratch_directory copy;
    auto there = copy.path() + "/rows.db";
    for (auto part : {"", "-wal"})
      fs::copy_file(path() + part, there + part);
    SQLite::Database db{there, SQLite::OPEN_READWRITE};
    CHECK(db.execAndGet("PRAGMA integrity_check").getString() == "ok");
    return store::number_of(db, "SELECT count(*) FROM rows");
  }

  failures disk;

private:
  [[nodiscard]] std::string path() const {
    return directory_.path() + "/rows.db";
  }

  [[nodiscard]] static std::int64_t rows_in(const std::string& path) {
    SQLite::Database db{path, SQLite::OPEN_READONLY};
    return store::number_of(db, "SELECT count(*) FROM rows");
  }

  scratch_directory directory_;
  SQLite::Database inner_;
};

} // namespace

TEST_CASE("the frames of a transaction are written at once") {
  database aut;
  CHECK(aut.writes_of([&] { aut.add(1); }) == 1);
  CHECK(aut.writes_of([&] { aut.add(10); }) == 1);
  CHECK(aut.rows() == 11);
  CHECK(aut.rows_after_crash() == 11);
  // A hundred pages are too many for one write.
  auto writes = aut.writes_of([&] { aut.add(100); });
  CHECK(writes > 1);
  CHECK(writes < 20);
  CHECK(aut.rows() == 111);
  CHECK(aut.rows_after_crash() == 111);
}

TEST_CASE("frames that SQLite changes before a commit are in the file") {
  database aut;
  // Pages leave the small cache before the transaction ends, and change later:
  // the checksums of all frames after them are written again.
  aut.exec("PRAGMA cache_size = 5");
  aut.exec("BEGIN");
  aut.add(50);
  aut.exec("UPDATE rows SET x = printf('%.3000c', 'y')");
  aut.add(50);
  aut.exec("UPDATE rows SET x = printf('%.3000c', 'z')");
  CHECK(aut.rows() == 0);
  aut.exec("COMMIT");
  CHECK(aut.rows() == 100);
  CHECK(aut.rows_after_crash() == 100);
}

TEST_CASE("frames of a transaction that was rolled back are not kept") {
  database aut;
  aut.exec("PRAGMA cache_size = 5");
  aut.add(3);
  aut.exec("BEGIN");
  aut.add(50);
  aut.exec("ROLLBACK");
  CHECK(aut.rows_after_crash() == 3);
  aut.add(2);
  CHECK(aut.rows() == 5);
  CHECK(aut.rows_after_crash() == 5);
}

TEST_CASE("a write that fails fails the transaction that it belongs to") {
  for (auto error : {ENOSPC, EIO}) {
    CAPTURE(error);
    database aut;
    aut.add(1);
    aut.disk.fail(call::write, error, 1, 1, "-wal");
    CHECK_THROWS_AS(aut.add(2), SQLite::Exception);
    CHECK(aut.disk.count() == 1);
    aut.disk.clear();
    CHECK(aut.rows() == 1);
    aut.add(3);
    CHECK(aut.rows() == 4);
    CHECK(aut.rows_after_crash() == 4);
  }
}

TEST_CASE("a WAL that was moved into the file is used from its start") {
  database aut;
  for (auto mode : {"PASSIVE", "RESTART", "TRUNCATE"}) {
    CAPTURE(mode);
    auto before = aut.rows();
    aut.add(10);
    aut.exec(std::string{"PRAGMA wal_checkpoint("} + mode + ")");
    aut.add(1);
    CHECK(aut.rows() == before + 11);
    CHECK(aut.rows_after_crash() == before + 11);
  }
}

TEST_CASE("a VFS has one that gathers, and an unknown one has none") {
  CHECK(store::gathered_wal_vfs("") == store::gathered_wal_vfs(""));
  CHECK_THROWS_AS(std::ignore = store::gathered_wal_vfs("nonsense"),
                  SQLite::Exception);
}
