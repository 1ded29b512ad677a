#include "app/client/dispatch_report.hpp"

#include <doctest/doctest.h>

using namespace bridgekeeper;
using namespace bridgekeeper::app;

using lines = std::vector<std::string>;

TEST_CASE("of an answer that was shown line by line only the rest is unseen") {
  CHECK(unseen_part("one\ntwo\nthree", {"one", "two"}) == "three");
  CHECK(unseen_part("one\ntwo\n", {"one", "two"}).empty());
  CHECK(unseen_part("one\r\n\n  \ntwo", {"one"}) == "\n  \ntwo");
  CHECK(unseen_part("\n\none\n\ntwo\n", {"one", "two"}).empty());
  CHECK(unseen_part("answer", lines{}) == "answer");
}

TEST_CASE("an answer that is more than its progress is printed whole") {
  for (const auto& shown : {lines{"other"}, lines{"one", "other"},
                            lines{"one", "two", "three"}, lines{"on"}}) {
    CAPTURE(shown.back());
    CHECK(unseen_part("one\ntwo\n", shown) == "one\ntwo\n");
  }
  CHECK(unseen_part("", {"one"}).empty());
}

TEST_CASE("a failure is explained in plain words") {
  CHECK(explain(failure_note{}).empty());
  CHECK(explain(failure_note{"rate_limited", "2027-01-15T08:00:00.5+00:00", {}})
        == "The agent's provider takes no more requests for now "
           "(rate_limited).\nTry again after 2027-01-15T08:00:00Z.\n");
  CHECK(explain(failure_note{{}, {}, "one\nError: \x1b[31mtwo"})
        == "The end of the agent's standard error:\n"
           "one\nError: \uFFFD[31mtwo\n");
  CHECK(explain(failure_note{{}, {}, "line\n"})
        == "The end of the agent's standard error:\nline\n");
}

TEST_CASE("a retry that waits is explained: why, and until when") {
  auto waiting = decode_record(
      R"({"message_id":"m-1","status":"dispatched","state":"queued",)"
      R"("attempt":2,"max_attempts":3,"failure":"rate_limited",)"
      R"("next_attempt_at":"2027-01-15T08:00:00.500000+00:00"})");
  REQUIRE(waiting.has_value());
  CHECK(explain_wait(*waiting)
        == "The last attempt has failed (rate_limited). Attempt 2 of 3 is made "
           "after 2027-01-15T08:00:00Z.\n");
  waiting->note.failure.clear();
  CHECK(explain_wait(*waiting).starts_with("The last attempt has failed. "));
  waiting->next_attempt_at.clear();
  CHECK(explain_wait(*waiting).empty());
}

TEST_CASE("a class of a later version and a time that is none are no trouble") {
  CHECK(explain(failure_note{"on_strike\x1b", "soon", {}})
        == "Class of the failure: on_strike\uFFFD.\n");
}
