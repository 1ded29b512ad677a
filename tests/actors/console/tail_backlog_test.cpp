#include "actors/console/tail_backlog.hpp"

#include <doctest/doctest.h>

using bridgekeeper::actors::tail_backlog;

TEST_CASE("lines of a tail wait and are taken together, whole") {
  tail_backlog aut;
  CHECK(aut.empty());
  aut.add("one");
  aut.add("two");
  CHECK_FALSE(aut.empty());
  CHECK(aut.take() == "one\ntwo\n");
  CHECK(aut.empty());
}

TEST_CASE("a tail without room leaves events out until the next take, and says "
          "how many") {
  tail_backlog aut{{2, 1000}};
  aut.add("one");
  CHECK(aut.has_room());
  aut.add("two");
  CHECK_FALSE(aut.has_room());
  aut.leave_out();
  aut.leave_out();
  CHECK(aut.take()
        == "one\ntwo\n"
           R"({"event_type":"gap","message":"2 events left out","left_out":2})"
           "\n");
  CHECK(aut.has_room());
  aut.add("three");
  CHECK(aut.take() == "three\n");
}

TEST_CASE("the lines of a tail are bounded in bytes, too") {
  tail_backlog aut{{1000, 10}};
  CHECK(aut.has_room());
  aut.add("longer than the bound");
  CHECK_FALSE(aut.has_room());
  CHECK(aut.take() == "longer than the bound\n");
  CHECK(aut.has_room());
}
