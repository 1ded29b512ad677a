#include "actors/fixture.hpp"

#include <doctest/doctest.h>

using namespace bridgekeeper;
using namespace bridgekeeper::test;

TEST_CASE_FIXTURE(started_world, "an agent can be asked directly while it is "
                                 "registered, on its own thread") {
  auto link = enter("alpha");
  const auto* found = context().local.find(agent_id{"alpha"});
  REQUIRE(found != nullptr);
  CHECK(*found == link.aut);
  CHECK(context().local.find(agent_id{"beta"}) == nullptr);
  link.socket->end();
  run();
  CHECK(context().local.find(agent_id{"alpha"}) == nullptr);
}

TEST_CASE("an agent on another thread cannot be asked directly") {
  started_world two{2};
  auto link = two.enter("alpha", 1);
  CHECK(two.context(0).local.find(agent_id{"alpha"}) == nullptr);
  CHECK(two.context(1).local.find(agent_id{"alpha"}) != nullptr);
}

TEST_CASE_FIXTURE(started_world, "the end of a replaced agent leaves its "
                                 "successor in place") {
  auto older = enter("alpha");
  auto newer = enter("alpha");
  run();
  REQUIRE(older.socket->closed);
  const auto* found = context().local.find(agent_id{"alpha"});
  REQUIRE(found != nullptr);
  CHECK(*found == newer.aut);
}

TEST_CASE_FIXTURE(started_world, "an agent that an exception ends cannot be "
                                 "asked directly any more") {
  auto link = enter("alpha");
  auto pending = dispatch(make_task("alpha", "m-1"));
  link.socket->broken = true;
  link.socket->peer_sends(heartbeat_frame("alpha"));
  run();
  CHECK(context().local.find(agent_id{"alpha"}) == nullptr);
  CHECK(pending->outcome() == "internal");
}
