#include "actors/fixture.hpp"

#include <caf/exit_reason.hpp>
#include <caf/send.hpp>
#include <doctest/doctest.h>

using namespace bridgekeeper;
using namespace bridgekeeper::test;

TEST_CASE("the monitor's tick reaches every agent that stands") {
  world world;
  supervisor_options options;
  options.monitor.tick = 1s;
  world.start_core(options);
  auto a = world.enter("a");
  auto b = world.enter("b");
  world.pass(75s);
  CHECK_FALSE(a.socket->closed);
  world.pass(1s);
  CHECK(a.socket->closed);
  CHECK(b.socket->closed);
}

TEST_CASE_FIXTURE(started_world, "ticks go on while there is no registry") {
  auto link = enter("alpha");
  pass(40s);
  auto core = context().core;
  // For some ticks there is no registry that anybody could ask.
  context().core.registry = nullptr;
  pass(20s);
  context().core = core;
  caf::anon_send_exit(core.registry, caf::exit_reason::kill);
  thread().run_once();
  core = {};
  pass(10s);
  CHECK(count("heartbeat-monitor") == 1);
  CHECK_FALSE(link.socket->closed);
  pass(10s);
  CHECK(link.socket->closed.value().code == 4003);
}

TEST_CASE_FIXTURE(started_world, "a monitor's successor ticks on") {
  auto link = enter("alpha");
  for (int i = 0; i < 7; ++i) {
    pass(10s);
    kill_and_recover("heartbeat-monitor");
  }
  CHECK_FALSE(link.socket->closed);
  pass(10s);
  CHECK(link.socket->closed.value().code == 4003);
}

TEST_CASE_FIXTURE(started_world, "ticks cost an agent that is well nothing") {
  auto link = enter("alpha");
  for (int i = 0; i < 100; ++i) {
    pass(10s);
    link.socket->peer_shows_life();
  }
  CHECK(link.socket->take_sent().empty());
  CHECK_FALSE(link.socket->closed);
  CHECK(event_backlog() == 0);
}
