#include "actors/fixture.hpp"
#include "protocol/event_json.hpp"

#include <doctest/doctest.h>

using namespace bridgekeeper;
using namespace bridgekeeper::test;

namespace {

/// Two bridges, each with a dispatch; one socket throws from now on.
struct broken_world : started_world {
  bridge link = enter("alpha");
  bridge other = enter("beta");
  dispatch_reply_ptr pending = dispatch(make_task("alpha", "m-1"));
  dispatch_reply_ptr elsewhere = dispatch(make_task("beta", "m-2"));

  broken_world() {
    link.socket->broken = true;
  }

  void agent_is_gone_cleanly() {
    run();
    REQUIRE(link.socket->closed);
    CHECK(link.socket->closed->code == 1011);
    CHECK_FALSE(link.socket->owned());
    CHECK(pending->outcome() == "internal");
    CHECK(pending->times == 1);
    CHECK_FALSE(view("alpha").connected);
    link.aut = nullptr;
    CHECK(count("agent") == 1);
  }

  void others_are_well() {
    CHECK(view("beta").connected);
    other.socket->peer_sends(heartbeat_frame("beta"));
    other.socket->peer_sends(response_frame("beta", "m-2", "fine"));
    run();
    CHECK(elsewhere->outcome() == "ok");
    CHECK(other.socket->take_sent().size() == 2);
  }
};

} // namespace

TEST_CASE_FIXTURE(broken_world, "an exception in an agent ends that agent "
                                "alone, and nothing it owes is lost") {
  SUBCASE("thrown while it handles a frame") {
    link.socket->peer_sends(heartbeat_frame("alpha"));
    agent_is_gone_cleanly();
  }
  SUBCASE("thrown while it handles a dispatch") {
    auto outcome = dispatch(make_task("alpha", "m-3"));
    CHECK(outcome->answer->outcome() == "internal");
    CHECK(outcome->answer->times == 1);
    // It was refused, so it has no outcome.
    CHECK(outcome->times == 0);
    agent_is_gone_cleanly();
  }
  others_are_well();
}

TEST_CASE_FIXTURE(broken_world, "an agent that died of an exception is heard "
                                "of like any other that left") {
  auto stream = follow("alpha");
  link.socket->peer_sends(heartbeat_frame("alpha"));
  run();
  CHECK(stream->types() == "agent_error agent_disconnected");
  auto last = parsed(protocol::encode(*stream->live.back()));
  CHECK(last["metadata"]["reason"] == "internal");
}

TEST_CASE_FIXTURE(broken_world, "an agent that died of an exception can "
                                "register again") {
  link.socket->peer_sends(heartbeat_frame("alpha"));
  auto back = enter("alpha");
  CHECK(view("alpha").connected);
  CHECK(view("alpha").number == incarnation{3});
}

TEST_CASE_FIXTURE(started_world, "an exception while an agent is told that it "
                                 "is registered leaves no ghost on the list") {
  auto [aut, socket] = connect();
  socket->broken = true;
  socket->peer_sends(register_frame("alpha"));
  run();
  REQUIRE(socket->closed);
  CHECK(socket->closed->code == 1011);
  CHECK_FALSE(view("alpha").connected);
  CHECK(context().ledger->unregistered() == 0);
}

TEST_CASE_FIXTURE(broken_world, "the frames behind one that killed the agent "
                                "are not handled") {
  link.socket->peer_sends(heartbeat_frame("alpha"));
  link.socket->peer_sends(response_frame("alpha", "m-1", "too late"));
  agent_is_gone_cleanly();
  CHECK(context().counts.responses.value() == 0);
}
