#include "domain/complaint_throttle.hpp"

#include <doctest/doctest.h>

using namespace bridgekeeper;
using namespace std::chrono_literals;

TEST_CASE("the first complaint about a peer is made at once") {
  complaint_throttle aut;
  CHECK(aut.admit(time_point{}) == 0);
}

TEST_CASE("complaints within a second are held back and counted") {
  complaint_throttle aut{1s};
  time_point now{};
  CHECK(aut.admit(now) == 0);
  for (auto i = 0; i < 4711; ++i)
    CHECK_FALSE(aut.admit(now + 999ms));
  CHECK(aut.admit(now + 1s) == 4711);
  CHECK_FALSE(aut.admit(now + 1s));
  CHECK(aut.admit(now + 5s) == 1);
  CHECK(aut.admit(now + 9s) == 0);
}

TEST_CASE("what was held back is told in words") {
  CHECK(and_more(0).empty());
  CHECK(and_more(12) == " (and 12 more before it)");
}
