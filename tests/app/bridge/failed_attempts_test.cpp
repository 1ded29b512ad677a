#include "app/bridge/failed_attempts.hpp"

#include <doctest/doctest.h>

#include <string>
#include <vector>

using bridgekeeper::app::connected_after;
using bridgekeeper::app::failed_attempts;

namespace {

/// Which of `times` failures for the same reason are told.
std::vector<int> told(failed_attempts& aut, int times) {
  std::vector<int> out;
  for (auto i = 1; i <= times; ++i)
    if (aut.add("cannot reach h:1: Connection refused"))
      out.push_back(i);
  return out;
}

} // namespace

TEST_CASE("the log says how many attempts a connection took") {
  CHECK(connected_after(0, false).empty());
  CHECK(connected_after(0, true).empty());
  // Refused three times, then connected.
  CHECK(connected_after(3, false) == "; connected after 4 attempts");
  // Lost, and connected at once; lost, refused once, and connected.
  CHECK(connected_after(1, true) == "; reconnected after 1 attempt");
  CHECK(connected_after(2, true) == "; reconnected after 2 attempts");
}

TEST_CASE("a server that is away for long costs a handful of log lines") {
  failed_attempts aut;
  // One a minute, for a day.
  CHECK(told(aut, 1440)
        == std::vector<int>{1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024});
  CHECK(aut.count() == 1440);
}

TEST_CASE("a failure for another reason is told at once") {
  failed_attempts aut;
  CHECK(told(aut, 5) == std::vector<int>{1, 2, 4});
  CHECK(aut.add("h:1 refused the connection (HTTP 503)"));
  // A proxy in front of two servers gives two reasons in turn.
  CHECK_FALSE(aut.add("cannot reach h:1: Connection refused"));
  CHECK(aut.add("h:1 refused the connection (HTTP 503)"));
  CHECK(aut.count() == 8);
}

TEST_CASE("reasons that never repeat do not fill the log") {
  failed_attempts aut;
  auto lines = 0;
  for (auto i = 0; i < 1024; ++i)
    lines += aut.add("h:1 closed the connection: " + std::to_string(i)) ? 1 : 0;
  CHECK(lines == 8 + 7);
}

TEST_CASE("after a success the next failure is told again") {
  failed_attempts aut;
  CHECK(aut.end() == 0);
  CHECK(told(aut, 3) == std::vector<int>{1, 2});
  CHECK(aut.end() == 3);
  CHECK(aut.end() == 0);
  CHECK(told(aut, 1) == std::vector<int>{1});
}
