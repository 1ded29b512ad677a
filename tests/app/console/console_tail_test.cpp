#include "app/console/console_fixture.hpp"
#include "support/has.hpp"

#include <caf/send.hpp>
#include <doctest/doctest.h>

#include <string>

using namespace bridgekeeper;
using namespace bridgekeeper::test;

TEST_CASE_FIXTURE(operator_world, "a tail has the events from now on, one a "
                                  "line") {
  auto before = enter("early");
  tail();
  auto a = enter("alpha");
  auto b = enter("beta");
  REQUIRE(screen->lines.size() == 2);
  CHECK(parsed(screen->lines[0])["message"] == "Agent alpha connected");
  CHECK(parsed(screen->lines[1])["message"] == "Agent beta connected");
}

TEST_CASE_FIXTURE(operator_world, "a tail can be of one agent") {
  tail("beta");
  auto a = enter("alpha");
  auto b = enter("beta");
  REQUIRE(screen->lines.size() == 1);
  CHECK(parsed(screen->lines[0])["message"] == "Agent beta connected");
}

TEST_CASE_FIXTURE(operator_world, "who tails something else hears of that, and "
                                  "of nothing twice") {
  tail("alpha");
  tail();
  CHECK(count("console-tail") == 1);
  auto a = enter("alpha");
  CHECK(screen->lines.size() == 1);
}

TEST_CASE_FIXTURE(operator_world, "a tail goes on when the event hub dies, and "
                                  "misses nothing in between") {
  auto before = enter("early");
  tail();
  kill_and_recover("event-hub");
  auto between = enter("between");
  CHECK(screen->lines.empty());
  pass(1s, 10ms);
  auto after = enter("after");
  REQUIRE(screen->lines.size() == 2);
  CHECK(parsed(screen->lines[0])["message"] == "Agent between connected");
  CHECK(parsed(screen->lines[1])["message"] == "Agent after connected");
}

TEST_CASE_FIXTURE(operator_world, "an event does not bring control characters "
                                  "to the operator's terminal") {
  tail();
  auto link = connect();
  link.socket->peer_sends(
      register_frame("alpha", {{"workdir", "\x1B[31m\xC2\x9B"
                                           "2J\x7F"}}));
  run();
  REQUIRE(screen->lines.size() == 1);
  for (auto evil : {"\x1B", "\xC2\x9B", "\x7F"})
    CHECK_FALSE(has(screen->lines.front(), evil));
}

TEST_CASE_FIXTURE(operator_world, "a tail can be ended, and the session goes "
                                  "on") {
  tail();
  caf::anon_send(aut, untail_atom_v);
  run();
  auto a = enter("alpha");
  CHECK(screen->lines.empty());
  CHECK(count("console-tail") == 0);
  CHECK(has(command("agents"), "alpha  connected"));
  tail();
  auto b = enter("beta");
  CHECK(screen->lines.size() == 1);
}

TEST_CASE_FIXTURE(operator_world, "a burst is no reason to leave events out of "
                                  "a tail") {
  tail();
  screen->stopped = true;
  for (int i = 0; i < 1500; ++i)
    enter("agent-" + std::to_string(i)).socket->end();
  run();
  CHECK(screen->lines.size() == 1);
  screen->go_on();
  run();
  REQUIRE(screen->lines.size() == 2 * 1500);
  CHECK(parsed(screen->lines.back())["message"]
        == "Agent agent-1499 disconnected");
}

TEST_CASE_FIXTURE(operator_world, "a terminal that has stopped is sent nothing "
                                  "more, and later told what it missed") {
  tail();
  screen->stopped = true;
  auto first = enter("first");
  pass(31s);
  for (int i = 0; i < 1500; ++i)
    enter("agent-" + std::to_string(i)).socket->end();
  run();
  // The first event went out; everything else waits for it, or is left out.
  CHECK(screen->deliveries == 1);
  CHECK(screen->lines.size() == 1);
  screen->go_on();
  run();
  // In two pieces, because all of it is more than goes into one.
  CHECK(screen->deliveries == 3);
  auto shown = screen->lines.size() - 1;
  CHECK(shown > 500);
  CHECK(shown <= 1001);
  auto gap = parsed(screen->lines.back());
  CHECK(gap["event_type"] == "gap");
  CHECK(gap["left_out"] == 2 * 1500 + 1 - shown);
  auto next = enter("next");
  CHECK(parsed(screen->lines.back())["message"] == "Agent next connected");
}

TEST_CASE_FIXTURE(operator_world, "the JSON of an event is kept for other "
                                  "readers until the terminal has shown it") {
  auto heard = follow();
  run();
  tail();
  screen->stopped = true;
  auto a = enter("alpha");
  REQUIRE(heard->live.size() == 1);
  const auto& event = *heard->live.front();
  auto text = event.text.find();
  REQUIRE(text);
  CHECK(parsed(screen->lines.front()) == parsed(text->text));
  text = nullptr;
  screen->go_on();
  run();
  CHECK_FALSE(event.text.find());
}
