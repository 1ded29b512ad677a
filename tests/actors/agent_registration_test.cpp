#include "actors/fixture.hpp"

#include <doctest/doctest.h>

using namespace bridgekeeper;
using namespace bridgekeeper::test;

TEST_CASE_FIXTURE(started_world, "a bridge that registers is told so first") {
  auto [aut, socket] = connect();
  CHECK(socket->sent.empty());
  socket->peer_sends(
      register_frame("alpha", {{"metadata", {{"session_id", "s-1"}}}}));
  run();
  REQUIRE(socket->sent.size() == 1);
  CHECK(parsed(socket->sent[0])
        == json{{"type", "registered"},
                {"session_id", "s-1"},
                {"agent_id", "alpha"},
                {"message", "Registration successful"}});
  CHECK_FALSE(socket->closed);
  CHECK(context().counts.registrations.value() == 1);
  CHECK(context().counts.refused_registrations.value() == 0);
}

TEST_CASE_FIXTURE(started_world, "what a bridge announces can be read of it") {
  auto [aut, socket] = connect();
  socket->peer_sends(register_frame("alpha", {{"capabilities", {"a", "b"}},
                                              {"workdir", "/srv"},
                                              {"metadata", {{"os", "x"}}}}));
  run();
  auto seen = view("alpha");
  CHECK(seen.connected);
  CHECK(seen.name == "alpha");
  CHECK(seen.number == incarnation{1});
  REQUIRE(seen.announced);
  CHECK(seen.announced->capabilities == std::vector<std::string>{"a", "b"});
  CHECK(seen.announced->workdir == "/srv");
  CHECK(parsed(seen.announced->metadata.str()) == json{{"os", "x"}});
}

TEST_CASE_FIXTURE(started_world, "everybody hears that an agent connected") {
  auto all = follow();
  auto [aut, socket] = enter("alpha");
  REQUIRE(all->types() == "agent_connected");
  auto event = parsed(encode(*all->live.front()));
  CHECK(event["message"] == "Agent alpha connected");
  CHECK(event["metadata"]["agent_id"] == "alpha");
  CHECK(event["session_id"] == view("alpha").announced->session.str());
}

TEST_CASE_FIXTURE(started_world, "a bridge without a session gets a UUID") {
  std::string metadata;
  SUBCASE("where it says nothing") {
    metadata = "{}";
  }
  SUBCASE("where it is empty") {
    metadata = R"({"session_id":""})";
  }
  SUBCASE("where it is no string") {
    metadata = R"({"session_id":7})";
  }
  SUBCASE("where it is too long to be one") {
    metadata = json{{"session_id", std::string(257, 'x')}}.dump();
  }
  auto [aut, socket] = connect();
  socket->peer_sends(register_frame("alpha", {{"metadata", parsed(metadata)}}));
  run();
  REQUIRE(socket->sent.size() == 1);
  auto session = parsed(socket->sent[0])["session_id"].get<std::string>();
  CHECK(session.size() == 36);
  CHECK(view("alpha").announced->session.str() == session);
}

TEST_CASE_FIXTURE(started_world, "a socket counts as unregistered until it is "
                                 "registered") {
  auto [aut, socket] = connect();
  CHECK(context().ledger->unregistered() == 1);
  socket->peer_sends(register_frame("alpha"));
  run();
  CHECK(context().ledger->unregistered() == 0);
}

TEST_CASE_FIXTURE(started_world, "what a bridge says on the heels of its "
                                 "registration is heard after it") {
  auto [aut, socket] = connect();
  socket->peer_sends(register_frame("alpha"));
  socket->peer_sends(heartbeat_frame("alpha", "t-1"));
  CHECK(socket->sent.empty());
  run();
  REQUIRE(socket->sent.size() == 2);
  CHECK(parsed(socket->sent[0])["type"] == "registered");
  CHECK(parsed(socket->sent[1])["type"] == "heartbeat");
}

TEST_CASE_FIXTURE(started_world, "a second registration on one socket is "
                                 "ignored") {
  auto [aut, socket] = enter("alpha");
  socket->peer_sends(register_frame("alpha"));
  socket->peer_sends(register_frame("beta"));
  run();
  CHECK(socket->take_sent().empty());
  CHECK_FALSE(socket->closed);
  CHECK(answer<agent_list>(context().core.registry, list_atom_v)
            .value.value()
            ->size()
        == 1);
}

TEST_CASE_FIXTURE(started_world, "a registered bridge is bound by no deadline "
                                 "for registering") {
  auto [aut, socket] = connect();
  pass(9s);
  socket->peer_sends(register_frame("alpha"));
  pass(20s);
  CHECK_FALSE(socket->closed);
  CHECK(view("alpha").connected);
}
