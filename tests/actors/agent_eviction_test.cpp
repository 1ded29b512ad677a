#include "actors/fixture.hpp"
#include "protocol/event_json.hpp"

#include <doctest/doctest.h>

#include <functional>

using namespace bridgekeeper;
using namespace bridgekeeper::test;

// Contract section 6, number 1. The monitor ticks every 5 s, so an agent leaves
// at the first tick after its silence has become too long.

namespace {

struct eviction_world : started_world {
  /// Lets `time` pass while the bridge beats every `rhythm`.
  void beat_on(bridge& x, std::chrono::milliseconds time,
               std::chrono::milliseconds rhythm) {
    for (; time > 0ms; time -= rhythm) {
      pass(rhythm);
      x.socket->peer_sends(heartbeat_frame("alpha"));
    }
    run();
  }
};

} // namespace

TEST_CASE_FIXTURE(eviction_world, "a bridge that beats every 30 s is never "
                                  "evicted") {
  auto link = enter("alpha");
  beat_on(link, 1h, 30s);
  CHECK_FALSE(link.socket->closed);
  CHECK(view("alpha").connected);
  CHECK(context().counts.evictions.value() == 0);
}

TEST_CASE_FIXTURE(eviction_world, "a silent agent leaves after its deadline") {
  auto link = enter("alpha");
  auto stream = follow("alpha");
  auto outcome = dispatch(make_task("alpha", "m-1"));
  pass(75s);
  CHECK_FALSE(link.socket->closed);
  pass(5s);
  REQUIRE(link.socket->closed);
  CHECK(link.socket->closed->code == 4003);
  CHECK(link.socket->closed->text == "Heartbeat timeout");
  CHECK(outcome->outcome() == "heartbeat_timeout");
  CHECK_FALSE(view("alpha").connected);
  CHECK(context().counts.evictions.value() == 1);
  CHECK(stream->types()
        == "task_dispatched agent_heartbeat_lost agent_error "
           "agent_disconnected");
  auto lost = parsed(protocol::encode(*stream->live[1]));
  CHECK(lost["message"] == "Agent alpha heartbeat lost");
  CHECK(lost["metadata"]["timeout"] == 75.0);
  CHECK(lost["metadata"].contains("last_seen"));
}

TEST_CASE_FIXTURE(eviction_world, "a bridge that works for five minutes and "
                                  "only beats is never evicted") {
  auto link = enter("alpha");
  auto outcome = dispatch(make_task("alpha", "m-1"));
  beat_on(link, 5min, 30s);
  CHECK_FALSE(link.socket->closed);
  CHECK(outcome->pending());
  link.socket->peer_sends(response_frame("alpha", "m-1", "done"));
  run();
  CHECK(outcome->outcome() == "ok");
}

TEST_CASE_FIXTURE(eviction_world, "every inbound byte counts as life") {
  auto link = enter("alpha");
  auto& socket = *link.socket;
  std::function<void()> sign;
  SUBCASE("a pong, or a piece of a large frame") {
    sign = [&] { socket.peer_shows_life(); };
  }
  SUBCASE("a frame nobody understands") {
    sign = [&] { socket.peer_sends("???"); };
  }
  SUBCASE("a result nobody asked for") {
    sign = [&] { socket.peer_sends(response_frame("alpha", "m-9", "")); };
  }
  SUBCASE("even a forged message") {
    sign = [&] { socket.peer_sends(heartbeat_frame("beta")); };
  }
  for (int i = 0; i < 20; ++i) {
    pass(60s);
    sign();
  }
  CHECK_FALSE(socket.closed);
  pass(80s);
  CHECK(socket.closed);
}

TEST_CASE_FIXTURE(eviction_world, "a slow rhythm is learned") {
  auto link = enter("alpha");
  beat_on(link, 5min, 60s);
  pass(145s);
  CHECK_FALSE(link.socket->closed);
  pass(15s);
  CHECK(link.socket->closed);
}

TEST_CASE_FIXTURE(eviction_world, "a fast rhythm gives no less than the "
                                  "timeout") {
  auto link = enter("alpha");
  beat_on(link, 1min, 1s);
  pass(29s);
  CHECK_FALSE(link.socket->closed);
  pass(6s);
  CHECK(link.socket->closed);
}

TEST_CASE_FIXTURE(eviction_world, "the strict rule evicts after the timeout") {
  context().agent.liveness = {30s, false};
  auto link = enter("alpha");
  beat_on(link, 5min, 30s);
  CHECK_FALSE(link.socket->closed);
  pass(30s);
  CHECK_FALSE(link.socket->closed);
  pass(5s);
  CHECK(link.socket->closed);
}

TEST_CASE_FIXTURE(eviction_world, "each agent is judged by itself") {
  auto quiet = enter("quiet");
  auto lively = enter("alpha");
  beat_on(lively, 2min, 20s);
  CHECK(quiet.socket->closed);
  CHECK_FALSE(lively.socket->closed);
}

TEST_CASE_FIXTURE(eviction_world, "an evicted bridge may come back at once") {
  auto gone = enter("alpha");
  pass(80s);
  REQUIRE(gone.socket->closed);
  auto back = enter("alpha");
  CHECK(view("alpha").number == incarnation{2});
  beat_on(back, 5min, 30s);
  CHECK_FALSE(back.socket->closed);
}
