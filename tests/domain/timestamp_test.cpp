#include "domain/timestamp.hpp"

#include <doctest/doctest.h>

#include <regex>

using namespace bridgekeeper;
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

TEST_CASE("a time for people has whole seconds") {
  CHECK(to_iso8601_seconds(sys_days{2026y / 1 / 31} + 12h + 1us)
        == "2026-01-31T12:00:00Z");
}

TEST_CASE("a date is its first moment") {
  CHECK(parse_iso8601("2026-01-31") == sys_days{2026y / 1 / 31} + 0us);
  CHECK(parse_iso8601("2024-02-29") == sys_days{2024y / 2 / 29} + 0us);
}

TEST_CASE("a time is read in its zone") {
  auto noon = timestamp{sys_days{2026y / 1 / 31} + 12h};
  for (auto text : {"2026-01-31T12:00:00.000000+00:00", "2026-01-31T12:00:00Z",
                    "2026-01-31t12:00:00z", "2026-01-31 12:00Z",
                    "2026-01-31T12:00Z", "2026-01-31T13:30+01:30",
                    "2026-01-30T23:00:00-13:00", "2026-01-31T12:00:00.0Z"}) {
    CAPTURE(text);
    CHECK(parse_iso8601(text) == noon);
  }
  CHECK(parse_iso8601("2026-01-31T12:00:00.25Z") == noon + 250ms);
}

TEST_CASE("what was written is read back") {
  auto at = timestamp{sys_days{2026y / 9 / 9} + 9h + 59min + 59s + 999'999us};
  CHECK(parse_iso8601(to_iso8601(at)) == at);
  CHECK(parse_iso8601(to_iso8601_seconds(at)) == at - 999'999us);
}

TEST_CASE("what is no time, or has no zone, is not read") {
  for (auto text : {"",
                    "2026",
                    "2026-1-31",
                    "2026-02-29",
                    "2026-13-01",
                    "2026-00-01",
                    "2026-01-00",
                    "26-01-31",
                    "+026-01-31",
                    "1969-12-31",
                    "2026-01-31T",
                    "2026-01-31T12",
                    "2026-01-31T12:00",
                    "2026-01-31T12:00:00",
                    "2026-01-31T24:00Z",
                    "2026-01-31T12:60Z",
                    "2026-01-31T12:00:60Z",
                    "2026-01-31T12:00:00.Z",
                    "2026-01-31T12:00:00.0000001Z",
                    "2026-01-31T12:00+1:00",
                    "2026-01-31T12:00+01",
                    "2026-01-31Z",
                    "2026-01-31T12:00Z ",
                    " 2026-01-31",
                    "tomorrow",
                    "90d"}) {
    CAPTURE(text);
    CHECK_FALSE(parse_iso8601(text));
  }
}
