#include "app/client/dispatch_query.hpp"

#include <doctest/doctest.h>

using namespace bridgekeeper;
using namespace bridgekeeper::app;

namespace {

const auto now = *parse_iso8601("2026-01-31T12:00:00Z");

std::string target(const dispatch_query& x) {
  auto out = make_list_target(x, now);
  REQUIRE(out.has_value());
  return *out;
}

std::string complaint(const dispatch_query& x) {
  auto out = make_list_target(x, now);
  REQUIRE(out.has_error());
  return out.error().detail;
}

} // namespace

TEST_CASE("a list without filters is asked for without parameters") {
  CHECK(target({}) == "/control/dispatches?limit=");
}

TEST_CASE("each filter of a list is a parameter") {
  CHECK(target({"failed,timed_out", "shop-1", "2026-01-31"})
        == "/control/dispatches?state=failed%2Ctimed_out&agent=shop-1&"
           "since=2026-01-31T00%3A00%3A00.000000%2B00%3A00&limit=");
  CHECK(target({"unfinished"})
        == "/control/dispatches?state=unfinished&limit=");
}

TEST_CASE("dispatches since a time, or for an age") {
  CHECK(parse_since("2026-01-30T08:00:00Z", now)
        == *parse_iso8601("2026-01-30T08:00:00Z"));
  CHECK(parse_since("2h", now) == *parse_iso8601("2026-01-31T10:00:00Z"));
  CHECK(parse_since("1d", now) == *parse_iso8601("2026-01-30T12:00:00Z"));
  CHECK(parse_since("99999d", now) == timestamp{});
  for (auto text : {"", "yesterday", "2026", "-2h", "12:00"}) {
    CAPTURE(text);
    CHECK_FALSE(parse_since(text, now));
  }
}

TEST_CASE("a wrong filter is named with what is expected") {
  CHECK(complaint({"failed,done"})
            .starts_with("--state: \"failed,done\" is not a list of states"));
  CHECK(complaint({"failed,"}).find("timed_out") != std::string::npos);
  CHECK(complaint({{}, "a b"}).starts_with("--agent: \"a b\" is not a valid"));
  CHECK(complaint({{}, {}, "noon"}).find("such as 30m, 2h or 7d")
        != std::string::npos);
}

TEST_CASE("an empty filter is a wrong one, not none") {
  CHECK(complaint({""}).starts_with("--state: \"\" is not a list of states"));
  CHECK(complaint({{}, ""}).starts_with("--agent: \"\" is not a valid"));
  CHECK(complaint({{}, {}, ""}).starts_with("--since: \"\" is not a time"));
}
