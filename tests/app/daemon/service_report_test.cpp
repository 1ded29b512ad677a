#include "app/daemon/service_report.hpp"

#include <doctest/doctest.h>

using namespace bridgekeeper::app;

TEST_CASE("the status of the daemon is one short line") {
  CHECK(describe_load(0, {}) == "0 agents, 0 dispatches in flight, 0 queued");
  CHECK(describe_load(1, {1, 1}) == "1 agent, 1 dispatch in flight, 1 queued");
  CHECK(describe_load(12, {3, 5})
        == "12 agents, 3 dispatches in flight, 5 queued");
}
