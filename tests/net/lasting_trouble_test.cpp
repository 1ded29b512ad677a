#include "net/lasting_trouble.hpp"

#include <doctest/doctest.h>

using namespace bridgekeeper;
using namespace bridgekeeper::net;
using std::chrono::milliseconds;
using std::chrono::seconds;

TEST_CASE("a trouble is told when it begins and when it is over") {
  lasting_trouble aut{seconds{5}};
  time_point now{};
  CHECK_FALSE(aut.is_over(now));
  CHECK(aut.shows(now));
  for (auto i = 0; i < 50; ++i) {
    now += milliseconds{100};
    CHECK_FALSE(aut.shows(now));
  }
  CHECK(aut.is_over(now + seconds{5}) == 51);
  CHECK_FALSE(aut.is_over(now + seconds{6}));
  CHECK(aut.shows(now + seconds{7}));
}

TEST_CASE("a trouble that comes and goes is one trouble") {
  lasting_trouble aut{seconds{5}};
  time_point now{};
  CHECK(aut.shows(now));
  for (auto i = 0; i < 50; ++i) {
    now += milliseconds{100};
    CHECK_FALSE(aut.is_over(now));
    now += milliseconds{100};
    CHECK_FALSE(aut.shows(now));
  }
}
