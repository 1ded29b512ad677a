#include "domain/count_text.hpp"

#include <doctest/doctest.h>

using namespace bridgekeeper;

TEST_CASE("one thing is not counted as several") {
  CHECK(count_text(0, "dispatch", "dispatches") == "0 dispatches");
  CHECK(count_text(1, "dispatch", "dispatches") == "1 dispatch");
  CHECK(count_text(2, "dispatch", "dispatches") == "2 dispatches");
}
