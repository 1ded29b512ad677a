#include "actors/fixture.hpp"
#include "protocol/event_json.hpp"

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
  auto event = parsed(protocol::encode(*all->live.front()));
  CHECK(event["message"] == "Agent alpha connected");
  CHECK(event["metadata"]["agent_id"] == "alpha");
  CHECK(event["session_id"] == view("alpha").announced->session->str());
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
  CHECK(view("alpha").announced->session->str() == session);
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

// -- sessions and announcements -----------------------------------------------

TEST_CASE_FIXTURE(started_world, "a bridge that names a control session gets a "
                                 "session of its own") {
  std::string named;
  SUBCASE("the daemon's") {
    named = context().control_session->str();
  }
  SUBCASE("one that a control client opened") {
    named = "9a3f1c9e-0000-4000-8000-000000000000";
    context().sessions->add(session_id{named});
  }
  auto [aut, socket] = connect();
  socket->peer_sends(
      register_frame("alpha", {{"metadata", {{"session_id", named}}}}));
  run();
  REQUIRE(socket->sent.size() == 1);
  auto answer = parsed(socket->sent[0]);
  CHECK(answer["type"] == "registered");
  CHECK(answer["session_id"] != named);
  CHECK(answer["session_id"].get<std::string>().size() == 36);
  CHECK(answer["session_id"].get<std::string>()
        == view("alpha").announced->session->str());
  // What it announced is shown as it is.
  CHECK(parsed(view("alpha").announced->metadata.str())["session_id"] == named);
}

TEST_CASE("so many opened sessions are known, the oldest is forgotten") {
  control_sessions aut{2};
  for (auto name : {"a", "b", "b", "c"})
    aut.add(session_id{name});
  CHECK_FALSE(aut.contains(session_id{"a"}));
  CHECK(aut.contains(session_id{"b"}));
  CHECK(aut.contains(session_id{"c"}));
}

TEST_CASE_FIXTURE(started_world, "connected agents' announcements are bounded "
                                 "in bytes, and nobody is refused for it") {
  context().announced->change_limit(250'000);
  std::vector<bridge> links;
  auto register_large = [&](const std::string& id) {
    links.push_back(connect());
    links.back().socket->peer_sends(
        register_frame(id, {{"capabilities", {"c"}},
                            {"workdir", "/srv"},
                            {"metadata", {{"x", std::string(100'000, 'x')}}}}));
    run();
    return view(id).announced;
  };
  CHECK(register_large("a")->metadata.str().size() > 100'000);
  CHECK(register_large("b")->capabilities.size() == 1);
  auto third = register_large("c");
  CHECK(third->metadata.str() == "{}");
  CHECK(third->capabilities.empty());
  CHECK(third->workdir == "/srv");
  CHECK_FALSE(links.back().socket->closed);
  // There is room again when one of them leaves.
  links.front().socket->end();
  links.front().aut = nullptr;
  run();
  CHECK(register_large("d")->capabilities.size() == 1);
}
