#include "actors/audit_fixture.hpp"
#include "actors/fixture.hpp"
#include "protocol/event_json.hpp"

#include <doctest/doctest.h>

using namespace bridgekeeper;
using namespace bridgekeeper::test;

// Contract section 6, number 15.

namespace {

struct rival_world : started_world {
  explicit rival_world(std::size_t threads = 1) : started_world(threads) {}

  /// The third bridge that registers as "alpha", after two replacements.
  bridge third = stand_after_two();

  /// One more; not answered yet.
  bridge rival(std::size_t thread = 0) {
    auto out = connect(thread);
    pass(1ms);
    out.socket->peer_sends(register_frame("alpha"));
    run();
    return out;
  }

  bridge stand_after_two() {
    auto first = enter("alpha");
    auto second = enter("alpha");
    auto out = enter("alpha");
    CHECK(first.socket->closed);
    CHECK(second.socket->closed);
    return out;
  }
};

bool is_registered(const bridge& x) {
  return !x.socket->sent.empty()
         && parsed(x.socket->sent.front())["type"] == "registered";
}

} // namespace

TEST_CASE_FIXTURE(rival_world, "two hosts with one id: the one that is alive "
                               "stays") {
  auto outcome = dispatch(make_task("alpha", "m-1"));
  auto stream = follow("alpha");
  auto fourth = rival();
  CHECK(third.socket->pings == 1);
  CHECK_FALSE(third.socket->closed);
  CHECK_FALSE(is_registered(fourth));
  pass(500ms, 100ms);
  third.socket->peer_shows_life();
  pass(100ms, 100ms);
  REQUIRE(fourth.socket->closed);
  CHECK(fourth.socket->closed->code == 4002);
  CHECK(fourth.socket->closed->text == "Another bridge uses this agent id");
  CHECK(fourth.socket->sent.empty());
  CHECK_FALSE(third.socket->closed);
  // What it works on goes on.
  CHECK(outcome->pending());
  third.socket->peer_sends(response_frame("alpha", "m-1", "done"));
  run();
  CHECK(outcome->outcome() == "ok");
  CHECK(stream->types() == "agent_conflict agent_response");
  auto event = parsed(protocol::encode(*stream->live.front()));
  CHECK(event["message"] == "Two bridges use the agent id alpha");
  CHECK(event["metadata"]
        == json{{"agent_id", "alpha"},
                {"standing_ip", "192.0.2.7"},
                {"newcomer_ip", "192.0.2.7"},
                {"kept", "standing"}});
  CHECK(context().counts.refused_registrations.value() == 1);
}

TEST_CASE_FIXTURE(rival_world, "two hosts with one id: one that hangs is "
                               "replaced after 3 s") {
  auto stream = follow("alpha");
  auto fourth = rival();
  pass(2900ms, 100ms);
  CHECK_FALSE(third.socket->closed);
  CHECK_FALSE(is_registered(fourth));
  pass(100ms, 100ms);
  REQUIRE(third.socket->closed);
  CHECK(third.socket->closed->text == "Replaced by new connection");
  CHECK(is_registered(fourth));
  CHECK_FALSE(fourth.socket->closed);
  auto types = stream->types();
  CHECK(types.find("agent_conflict") != std::string::npos);
  for (const auto& x : stream->live)
    if (type_of(*x) == "agent_conflict")
      CHECK(parsed(protocol::encode(*x))["metadata"]["kept"] == "newcomer");
}

TEST_CASE_FIXTURE(rival_world, "what a bridge sent before it was asked proves "
                               "nothing") {
  third.socket->peer_sends(heartbeat_frame("alpha", "t"));
  auto fourth = rival();
  pass(3s, 100ms);
  CHECK(third.socket->closed);
  CHECK(is_registered(fourth));
}

TEST_CASE_FIXTURE(rival_world, "a bridge that was turned away and comes again "
                               "at once is turned away again, and told of "
                               "once") {
  auto stream = follow("alpha");
  for (auto i = 0; i < 20; ++i) {
    auto again = rival();
    pass(1ms);
    third.socket->peer_shows_life();
    pass(1s, 100ms);
    CHECK(again.socket->closed);
    third.socket->peer_sends(heartbeat_frame("alpha", "t"));
    run();
  }
  CHECK_FALSE(third.socket->closed);
  CHECK(stream->types() == "agent_conflict");
}

TEST_CASE_FIXTURE(rival_world, "after 30 quiet seconds the newer one stands "
                               "at once") {
  for (auto i = 0; i < 31; ++i) {
    pass(1s);
    third.socket->peer_sends(heartbeat_frame("alpha", "t"));
  }
  auto later = rival();
  CHECK(is_registered(later));
  CHECK(third.socket->closed);
}

TEST_CASE_FIXTURE(rival_world, "a bridge that leaves while it is asked makes "
                               "room") {
  auto stream = follow("alpha");
  auto fourth = rival();
  third.socket->end();
  third.aut = nullptr;
  run();
  CHECK(is_registered(fourth));
  CHECK(stream->types().find("agent_conflict") == std::string::npos);
}

TEST_CASE_FIXTURE(rival_world, "a newcomer that is gone replaces nobody") {
  auto fourth = rival();
  fourth.socket->end();
  fourth.aut = nullptr;
  pass(4s, 100ms);
  CHECK_FALSE(third.socket->closed);
  CHECK(view("alpha").connected);
}

TEST_CASE_FIXTURE(rival_world, "of many that come while one hangs exactly one "
                               "stands") {
  std::vector<bridge> links;
  for (auto i = 0; i < 5; ++i)
    links.push_back(rival());
  pass(30s, 100ms);
  std::size_t open = 0;
  for (const auto& x : links)
    open += x.socket->closed ? 0 : 1;
  CHECK(open == 1);
  CHECK(third.socket->closed);
  CHECK(view("alpha").connected);
}

TEST_CASE_FIXTURE(rival_world, "who waits for the verdict joins the next "
                               "registry") {
  auto fourth = rival();
  kill_and_recover("registry");
  pass(4s, 100ms);
  auto open = (third.socket->closed ? 0 : 1) + (fourth.socket->closed ? 0 : 1);
  CHECK(open == 1);
  CHECK(view("alpha").connected);
}

TEST_CASE_FIXTURE(rival_world, "who waits for the verdict when the daemon ends "
                               "is told to come back") {
  auto fourth = rival();
  dismiss_agents();
  pass(4s, 100ms);
  REQUIRE(fourth.socket->closed);
  CHECK(fourth.socket->closed->code == 1001);
}

TEST_CASE("two hosts with one id are told apart across threads") {
  rival_world aut{2};
  auto fourth = aut.rival(1);
  aut.pass(1ms);
  aut.third.socket->peer_shows_life();
  aut.pass(200ms, 100ms);
  CHECK(fourth.socket->closed);
  CHECK_FALSE(aut.third.socket->closed);
}
