#include "actors/fixture.hpp"
#include "protocol/event_json.hpp"

#include <caf/send.hpp>
#include <doctest/doctest.h>

using namespace bridgekeeper;
using namespace bridgekeeper::test;

// Contract section 1 (4002), and section 6, number 2.

TEST_CASE_FIXTURE(started_world, "a newer connection of the same id replaces "
                                 "the older") {
  auto older = enter("alpha");
  auto outcome = dispatch(make_task("alpha", "m-1"));
  auto newer = enter("alpha");
  REQUIRE(older.socket->closed);
  CHECK(older.socket->closed->code == 4002);
  CHECK(older.socket->closed->text == "Replaced by new connection");
  CHECK(outcome->outcome() == "replaced");
  CHECK(outcome->times == 1);
  CHECK_FALSE(newer.socket->closed);
  CHECK(view("alpha").connected);
  CHECK(view("alpha").number == incarnation{2});
}

TEST_CASE_FIXTURE(started_world, "the replaced connection's leaving does not "
                                 "remove the newer one") {
  auto older = enter("alpha");
  auto newer = enter("alpha");
  older.aut = nullptr;
  run();
  CHECK(count("agent") == 1);
  CHECK(view("alpha").connected);
  SUBCASE("nor does a good-bye that comes late") {
    caf::anon_send(context().core.registry, left_atom_v, agent_id{"alpha"},
                   incarnation{1});
    run();
    CHECK(view("alpha").connected);
  }
  auto outcome = dispatch(make_task("alpha", "m-2"));
  CHECK(newer.socket->take_sent().size() == 1);
  CHECK(older.socket->take_sent().empty());
}

TEST_CASE_FIXTURE(started_world,
                  "each registration gets the next incarnation") {
  auto one = enter("alpha");
  auto two = enter("beta");
  auto three = enter("alpha");
  CHECK(view("beta").number == incarnation{2});
  CHECK(view("alpha").number == incarnation{3});
}

TEST_CASE_FIXTURE(started_world, "of connections that register at once one "
                                 "stands") {
  std::vector<bridge> links;
  for (int i = 0; i < 5; ++i)
    links.push_back(connect());
  for (auto& link : links)
    link.socket->peer_sends(register_frame("alpha"));
  run();
  // Two replacements may be restarts; from the third on the one that stands is
  // asked first (contract section 6, number 15).
  for (std::size_t i = 0; i < 2; ++i) {
    auto& socket = *links[i].socket;
    CAPTURE(i);
    REQUIRE(socket.closed);
    CHECK(socket.closed->code == 4002);
    // Told so before it was told to go: a close before `registered` would stop
    // a stock bridge for good.
    CHECK(socket.sent.size() == 1);
  }
  CHECK_FALSE(links[2].socket->closed);
  CHECK(view("alpha").number == incarnation{3});
  pass(1s);
  links[2].socket->peer_shows_life();
  pass(100ms, 100ms);
  for (std::size_t i = 3; i < 5; ++i) {
    auto& socket = *links[i].socket;
    CAPTURE(i);
    REQUIRE(socket.closed);
    CHECK(socket.closed->code == 4002);
    CHECK(socket.closed->text == "Another bridge uses this agent id");
  }
  CHECK_FALSE(links[2].socket->closed);
  CHECK(view("alpha").number == incarnation{3});
}

TEST_CASE_FIXTURE(started_world, "events tell the story of a replacement in "
                                 "order") {
  auto older = enter("alpha");
  auto outcome = dispatch(make_task("alpha", "m-1"));
  auto stream = follow("alpha");
  auto newer = enter("alpha");
  auto types = stream->types();
  CHECK(types.find("agent_error agent_disconnected") != std::string::npos);
  CHECK(types.find("agent_connected") != std::string::npos);
  for (const auto& x : stream->live)
    if (type_of(*x) == "agent_disconnected")
      CHECK(parsed(protocol::encode(*x))["metadata"]["reason"] == "replaced");
}

TEST_CASE_FIXTURE(started_world, "what a replaced connection still says is not "
                                 "heard") {
  auto older = enter("alpha");
  auto newer = enter("alpha");
  auto outcome = dispatch(make_task("alpha", "m-1"));
  older.socket->peer_sends(response_frame("alpha", "m-1", "from the past"));
  run();
  CHECK(outcome->pending());
}

TEST_CASE("a connection on another thread is replaced all the same") {
  started_world aut{2};
  auto older = aut.enter("alpha", 0);
  auto newer = aut.enter("alpha", 1);
  CHECK(older.socket->closed);
  CHECK_FALSE(newer.socket->closed);
  auto report = aut.answer<agent_report>(aut.context().core.registry,
                                         report_atom_v, agent_id{"alpha"})
                    .value.value();
  CHECK(report.thread == 1);
}
