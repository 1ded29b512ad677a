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
