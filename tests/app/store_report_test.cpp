#include "app/cli/store_report.hpp"
#include "store/dispatches/fault.hpp"

#include <doctest/doctest.h>

#include <SQLiteCpp/Exception.h>

using namespace bridgekeeper;
using namespace bridgekeeper::app;

TEST_CASE("sizes are rounded to one decimal of a unit that suits them") {
  CHECK(rounded_size(0) == "0 B");
  CHECK(rounded_size(1'023) == "1023 B");
  CHECK(rounded_size(1'024) == "1.0 KiB");
  CHECK(rounded_size(1'536) == "1.5 KiB");
  CHECK(rounded_size(std::uint64_t{906} << 20) == "906.0 MiB");
  CHECK(rounded_size(std::uint64_t{3} << 50) == "3072.0 TiB");
}

TEST_CASE("a check that finds nothing is ok, and findings follow their rule") {
  CHECK(check_lines("Every task belongs to a dispatch", {})
        == "ok      Every task belongs to a dispatch\n");
  CHECK(check_lines("Every task belongs to a dispatch", {"task 1", "a\x1b[2J"})
        == "BROKEN  Every task belongs to a dispatch\n"
           "        task 1\n        a?[2J\n");
}

TEST_CASE("lost rows are named by their ranges, up to a bound") {
  CHECK(lost_lines({{"tasks", 3, 9}, {"events", 5, 5}, {"meta", 0, -1}})
        == "not readable: tasks, numbers 3 to 9\n"
           "not readable: events, number 5\n"
           "not readable: meta, the rest of the table\n");
  std::vector<store::lost_rows> many(150, {"tasks", 1, 1});
  CHECK(lost_lines(many).ends_with("\n… and 50 more ranges\n"));
}

TEST_CASE("what is shown of a store cannot control a terminal") {
  store::store_statistics x;
  x.newest = {"an\x1b[2J\nid", timestamp{}};
  CHECK(store_table(x, "/a\x1b").find('\x1b') == std::string::npos);
  CHECK(store_json(x, "/a\x1b").find('\x1b') == std::string::npos);
  CHECK(store_table(x, "/a").find("\nnewest  an?[2J?id, 1970-01-01T00:00:00")
        != std::string::npos);
}

TEST_CASE("each problem of a store has a next step, which is not the command") {
  auto told = [](int code, std::string_view command) {
    return store_problem(SQLite::Exception{"why", code}, "/x.db", command);
  };
  constexpr auto corrupt = 11;
  CHECK(told(corrupt, "stats")
        == "The store's file is damaged (/x.db: why). To see what is damaged, "
           "run: bridgekeeper store check");
  CHECK(told(corrupt, "check").find("store export") != std::string::npos);
  CHECK(told(corrupt, "export").ends_with(" Restore a backup."));
  constexpr auto cannot_open = 14;
  CHECK(told(cannot_open, "stats")
        == "The store's file cannot be opened (/x.db: why). Run the command "
           "as the daemon's user.");
  constexpr auto no_such_table = 1;
  CHECK(told(no_such_table, "stats")
        == "The store cannot be used (/x.db: why).");
  constexpr auto disk_error = 10;
  CHECK(told(disk_error, "stats")
        == "The disk with the data directory reports errors (/x.db: why).");
  CHECK(store_problem(store::open_error{store::fault::busy, "A sentence."},
                      "/x.db", "vacuum")
        == "A sentence.");
}
