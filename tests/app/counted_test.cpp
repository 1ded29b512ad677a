#include "app/text/counted.hpp"

#include <doctest/doctest.h>

using namespace bridgekeeper::app;

TEST_CASE("one thing is not counted as several") {
  CHECK(counted(0, "dispatch", "dispatches") == "0 dispatches");
  CHECK(counted(1, "dispatch", "dispatches") == "1 dispatch");
  CHECK(counted(2, "dispatch", "dispatches") == "2 dispatches");
}
