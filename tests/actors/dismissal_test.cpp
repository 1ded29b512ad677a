#include "actors/fixture.hpp"
#include "api/channel_fixture.hpp"
#include "api/control_fixture.hpp"

#include <doctest/doctest.h>

using namespace bridgekeeper;
using namespace bridgekeeper::test;

TEST_CASE_FIXTURE(started_world, "a bridge whose agent starts after the others "
                                 "were dismissed leaves like them") {
  dismiss_agents();
  SUBCASE("at once, if it registers") {
    auto link = connect();
    link.socket->peer_sends(register_frame("late"));
    run();
    REQUIRE(link.socket->closed);
    CHECK(link.socket->closed->code == 1001);
  }
  SUBCASE("after a short time to register, if it does not") {
    auto link = connect();
    CHECK_FALSE(link.socket->closed);
    pass(2s);
    REQUIRE(link.socket->closed);
    CHECK(link.socket->closed->code == 4001);
  }
  CHECK(count("agent") == 0);
}

TEST_CASE_FIXTURE(control_world, "a connection that starts after the others "
                                 "were dismissed ends like them") {
  dismiss_clients();
  CHECK(http->abandoned);
  auto late = open();
  run();
  CHECK(late->abandoned);
  CHECK(count("control-session") == 0);
}

TEST_CASE_FIXTURE(started_world, "a program that opens its channel after the "
                                 "others were dismissed is closed like them") {
  dismiss_clients();
  auto socket = std::make_shared<fake_websocket>(thread().deadlines);
  watch(socket);
  auto who =
      context().tokens->identify(test_token, context().wall_clock()).value();
  auto aut = spawn_on(sys, &thread(), control_channel, &context(),
                      std::shared_ptr<net::websocket_session>{socket},
                      origin{"192.0.2.8", {}}, who);
  run();
  REQUIRE(socket->closed);
  CHECK(socket->closed->code == 1001);
  CHECK(count("control-channel") == 0);
}

TEST_CASE_FIXTURE(channel_world,
                  "a program that is dismissed hears the answers "
                  "that came before") {
  auto link = enter("alpha");
  say({{"type", "dispatch"},
       {"id", "1"},
       {"agent_id", "alpha"},
       {"content", "x"}});
  auto accepted = heard();
  REQUIRE(accepted.size() == 1);
  // The answer is in the channel's mailbox, and not handled yet.
  link.socket->peer_sends(response_frame(
      "alpha", accepted[0].at("message_id").get<std::string>(), "done"));
  dismiss(context().clients, errc::draining);
  run();
  CHECK(heard_types() == "response ");
  REQUIRE(socket->closed);
  CHECK(socket->closed->code == 1001);
}
