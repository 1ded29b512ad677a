#include "app/adapters/session_totals.hpp"

#include <doctest/doctest.h>

using namespace bridgekeeper::app;

TEST_CASE("a session's totals are subtracted, not summed") {
  session_totals totals;
  CHECK(totals.advance("a", {{"cost", 0.1}}) == usage_amounts{{"cost", 0.1}});
  CHECK(totals.advance("a", {{"cost", 0.3}}) == usage_amounts{{"cost", 0.2}});
  CHECK(totals.advance("a", {{"cost", 0.3}}) == usage_amounts{{"cost", 0}});
  CHECK(totals.advance("b", {{"cost", 0.3}}) == usage_amounts{{"cost", 0.3}});
}

TEST_CASE("an agent that counts from zero in each process is noticed") {
  session_totals totals;
  CHECK(totals.advance("a", {{"x", 5}}) == usage_amounts{{"x", 5}});
  CHECK(totals.advance("a", {{"x", 2}}) == usage_amounts{{"x", 2}});
  CHECK(totals.advance("a", {{"x", 9}}) == usage_amounts{{"x", 9}});
}

TEST_CASE("a session that continues under another id is not counted again") {
  session_totals totals;
  (void)totals.advance("a", {{"x", 5}});
  CHECK(totals.advance("b", {{"x", 7}}, "a") == usage_amounts{{"x", 2}});
  CHECK(totals.advance("b", {{"x", 8}}, "a") == usage_amounts{{"x", 1}});
  CHECK(totals.advance("a", {{"x", 6}}) == usage_amounts{{"x", 1}});
  CHECK(totals.advance("c", {{"x", 9}}, "?") == usage_amounts{{"x", 9}});
}

TEST_CASE("a continuation inherits that its agent counts from zero") {
  session_totals totals;
  (void)totals.advance("a", {{"x", 5}});
  (void)totals.advance("a", {{"x", 2}});
  CHECK(totals.advance("b", {{"x", 7}}, "a") == usage_amounts{{"x", 7}});
}

TEST_CASE("the sessions used last are known") {
  session_totals totals;
  (void)totals.advance("first", {{"x", 1}});
  for (std::size_t i = 1; i < session_totals::max_sessions; ++i)
    (void)totals.advance("s" + std::to_string(i), {{"x", 1}});
  CHECK(totals.advance("first", {{"x", 1}}) == usage_amounts{{"x", 0}});
  (void)totals.advance("one more", {{"x", 1}});
  CHECK(totals.size() == session_totals::max_sessions);
  CHECK(totals.advance("first", {{"x", 1}}) == usage_amounts{{"x", 0}});
  CHECK(totals.advance("s1", {{"x", 1}}) == usage_amounts{{"x", 1}});
}

TEST_CASE("without a session nothing is known") {
  session_totals totals;
  for (auto i = 0; i < 2; ++i)
    CHECK(totals.advance("", {{"x", 1}}) == usage_amounts{{"x", 1}});
  CHECK(totals.size() == 0);
}
