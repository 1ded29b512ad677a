#include "actors/fixture.hpp"

#include <caf/send.hpp>
#include <doctest/doctest.h>

using namespace bridgekeeper;
using namespace bridgekeeper::test;

namespace {

actor_row line_of(world& x, const std::string& name) {
  for (auto& row : x.context().actor_stats->rows())
    if (row.name == name)
      return row;
  FAIL("nobody of this name lives");
  return {};
}

} // namespace

TEST_CASE("an actor is resumed by its home thread and nobody else") {
  started_world world{2};
  auto link = world.enter("alpha", 1);
  auto outcome = world.ask<agent_report>(link.aut, report_atom_v);
  world.thread(0).run();
  CHECK(outcome->pending());
  world.thread(1).run();
  world.run();
  CHECK(outcome->value.value().thread == 1);
}

TEST_CASE_FIXTURE(started_world, "the census counts what an actor has to do "
                                 "and has done") {
  auto link = enter("alpha");
  auto before = line_of(*this, "agent");
  CHECK(before.thread == 0);
  CHECK(before.mailbox_depth == 0);
  for (int i = 0; i < 10; ++i)
    caf::anon_send(link.aut, tick_atom_v);
  CHECK(line_of(*this, "agent").mailbox_depth == 10);
  run();
  auto after = line_of(*this, "agent");
  CHECK(after.mailbox_depth == 0);
  CHECK(after.handled == before.handled + 10);
}

TEST_CASE_FIXTURE(started_world, "frames count as handled though they never "
                                 "were in the mailbox") {
  auto link = enter("alpha");
  auto before = line_of(*this, "agent").handled;
  for (int i = 0; i < 10; ++i)
    link.socket->peer_sends(heartbeat_frame("alpha"));
  CHECK(line_of(*this, "agent").handled == before + 10);
}

TEST_CASE_FIXTURE(started_world, "an actor that has ended is not listed, even "
                                 "if somebody holds its handle") {
  auto link = enter("alpha");
  auto handle = link.aut;
  link.socket->end();
  CHECK(count("agent") == 0);
  CHECK(answer<agent_report>(handle, report_atom_v).outcome() == "unavailable");
}
