#include "app/console/console_fixture.hpp"

#include <doctest/doctest.h>

using namespace bridgekeeper;
using namespace bridgekeeper::test;

TEST_CASE_FIXTURE(operator_world, "the first word is completed to a command") {
  CHECK(completions("ag") == "agents agent ");
  CHECK(completions("t") == "trace threads ");
  CHECK(completions("dance") == "");
  CHECK(completions("").find("mailboxes ") != std::string::npos);
}

TEST_CASE_FIXTURE(operator_world, "ids of agents and dispatches are completed "
                                  "where they belong") {
  auto alpha = enter("alpha");
  auto beta = enter("beta");
  auto task = dispatch(make_task("beta", "b-17", 60s));
  CHECK(completions("agent ") == "alpha beta ");
  CHECK(completions("evict a") == "alpha ");
  CHECK(completions("trace b") == "beta b-17 ");
  CHECK(completions("events b") == "beta ");
  CHECK(completions("cordon al") == "all alpha ");
  CHECK(completions("trace x") == "");
}

TEST_CASE_FIXTURE(operator_world, "names and levels are completed, and nothing "
                                  "beyond the arguments") {
  CHECK(completions("kill-actor re") == "registry ");
  CHECK(completions("log w") == "warning ");
  CHECK(completions("stats ") == "");
  CHECK(completions("agent alpha ") == "");
}
