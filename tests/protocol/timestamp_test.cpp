#include "protocol/timestamp.hpp"

#include <doctest/doctest.h>

#include <regex>

using namespace bridgekeeper::protocol;
using namespace std::chrono_literals;
using std::chrono::sys_days;

TEST_CASE("a time is written with microseconds and a zone") {
  CHECK(to_iso8601(timestamp{}) == "1970-01-01T00:00:00.000000+00:00");
  CHECK(to_iso8601(timestamp{1us}) == "1970-01-01T00:00:00.000001+00:00");
  CHECK(to_iso8601(sys_days{2026y / 1 / 31} + 12h + 1us)
        == "2026-01-31T12:00:00.000001+00:00");
  CHECK(to_iso8601(sys_days{2026y / 12 / 31} + 23h + 59min + 59s + 999'999us)
        == "2026-12-31T23:59:59.999999+00:00");
}

TEST_CASE("the leap day has its date") {
  CHECK(to_iso8601(sys_days{2024y / 2 / 29} + 0us)
        == "2024-02-29T00:00:00.000000+00:00");
}

TEST_CASE("a time before 1970 has a positive fraction") {
  CHECK(to_iso8601(timestamp{-1us}) == "1969-12-31T23:59:59.999999+00:00");
}

TEST_CASE("later times are greater as text too") {
  auto at = timestamp{sys_days{2026y / 9 / 9} + 9h + 59min + 59s + 999'999us};
  CHECK(to_iso8601(at) < to_iso8601(at + 1us));
}

TEST_CASE("now is written like every other time") {
  static const std::regex shape{
      R"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}\+00:00)"};
  CHECK(std::regex_match(to_iso8601(wall_clock_now()), shape));
}
