#include "actors/fixture.hpp"

#include <doctest/doctest.h>

using namespace bridgekeeper;
using namespace bridgekeeper::test;

namespace {

struct refusing_world : started_world {
  bridge link = connect();

  /// What every refusal has in common, whatever its reason.
  std::string refusal(std::uint16_t code) {
    run();
    auto& socket = *link.socket;
    REQUIRE(socket.closed);
    CHECK(socket.closed->code == code);
    CHECK(socket.closed->text.size() <= max_close_reason);
    CHECK(socket.sent.empty());
    CHECK_FALSE(socket.owned());
    CHECK(context().ledger->unregistered() == 0);
    CHECK(context().counts.refused_registrations.value() == 1);
    CHECK(context().counts.registrations.value() == 0);
    link.aut = nullptr;
    CHECK(count("agent") == 0);
    CHECK(answer<agent_list>(context().core.registry, list_atom_v)
              .value.value()
              ->empty());
    return socket.closed->text;
  }

  void say(const std::string& frame, bool binary = false) {
    link.socket->peer_sends(frame, binary);
  }
};

} // namespace

// Contract section 1: the close codes and, byte for byte, their reasons.

TEST_CASE_FIXTURE(refusing_world,
                  "who does not register first is closed 4001") {
  SUBCASE("but sends a heartbeat") {
    say(heartbeat_frame("alpha"));
  }
  SUBCASE("but responds") {
    say(response_frame("alpha", "m-1", "x"));
  }
  SUBCASE("but speaks as a server") {
    say(R"({"type":"registered","session_id":"s","agent_id":"alpha"})");
  }
  SUBCASE("but says something unheard of") {
    say(R"({"type":"hello"})");
  }
  CHECK(refusal(4001) == "First message must be register");
}

TEST_CASE_FIXTURE(refusing_world, "who sends no JSON first is closed 4004") {
  SUBCASE("text") {
    say("hello");
  }
  SUBCASE("nothing") {
    say("");
  }
  SUBCASE("half an object") {
    say(R"({"type":"register")");
  }
  SUBCASE("a nest too deep") {
    std::string nest;
    for (int i = 0; i < 1000; ++i)
      nest += R"({"a":)";
    say(nest);
  }
  CHECK(refusal(4004).starts_with("Invalid JSON: "));
}

TEST_CASE_FIXTURE(refusing_world, "a malformed registration is closed 4004") {
  std::string prefix = "Invalid message format: ";
  SUBCASE("without an agent id") {
    say(json{{"type", "register"}, {"auth_token", test_token}}.dump());
    prefix += "agent_id";
  }
  SUBCASE("with an empty agent id") {
    say(register_frame(""));
    prefix += "agent_id";
  }
  SUBCASE("without a token") {
    say(R"({"type":"register","agent_id":"alpha"})");
    prefix += "auth_token";
  }
  SUBCASE("with capabilities that are no list") {
    say(register_frame("alpha", {{"capabilities", "all"}}));
    prefix += "capabilities";
  }
  SUBCASE("with metadata that is no object") {
    say(register_frame("alpha", {{"metadata", "none"}}));
    prefix += "metadata";
  }
  SUBCASE("without a type") {
    say(R"({"agent_id":"alpha"})");
    prefix += "type";
  }
  SUBCASE("in a binary frame") {
    say(register_frame("alpha"), true);
    prefix += "expected text";
  }
  CHECK(refusal(4004).starts_with(prefix));
}

// Contract section 6, number 7.
TEST_CASE_FIXTURE(refusing_world, "an id that could not be addressed is "
                                  "refused") {
  SUBCASE("with a blank") {
    say(register_frame("alpha beta"));
  }
  SUBCASE("with a slash") {
    say(register_frame("../alpha"));
  }
  SUBCASE("longer than 64") {
    say(register_frame(std::string(65, 'a')));
  }
  CHECK(refusal(4004)
        == "Invalid message format: agent_id: expected 1 to 64 letters, digits "
           "or hyphens");
}

TEST_CASE_FIXTURE(refusing_world, "a wrong token is closed 4005") {
  say(register_frame("alpha", {{"auth_token", "guess"}}));
  CHECK(refusal(4005) == "Authentication failed: invalid token");
}

TEST_CASE_FIXTURE(refusing_world, "a stranger learns nothing of ids") {
  say(register_frame("not/an/id", {{"auth_token", "guess"}}));
  CHECK(refusal(4005) == "Authentication failed: invalid token");
}

TEST_CASE_FIXTURE(refusing_world, "without tokens nobody can register") {
  context().tokens = std::make_shared<token_table>();
  say(register_frame("alpha"));
  CHECK(refusal(4005)
        == "Authentication failed: authentication not configured");
}

// Contract section 6, number 4.
TEST_CASE_FIXTURE(refusing_world, "who says nothing for 10 s is closed 4001") {
  pass(9900ms, 100ms);
  CHECK_FALSE(link.socket->closed);
  pass(200ms, 100ms);
  CHECK(refusal(4001) == "First message must be register");
}

TEST_CASE_FIXTURE(refusing_world, "pieces of a frame do not put off the "
                                  "deadline") {
  for (int i = 0; i < 10; ++i) {
    link.socket->peer_shows_life();
    pass(1s);
  }
  refusal(4001);
}

TEST_CASE_FIXTURE(refusing_world, "what is said after a refusal is not heard") {
  say(heartbeat_frame("alpha"));
  say(register_frame("alpha"));
  refusal(4001);
}

TEST_CASE_FIXTURE(started_world, "a bridge that leaves before it registers "
                                 "leaves nothing behind") {
  auto all = follow();
  auto link = connect();
  link.socket->end();
  link.aut = nullptr;
  run();
  CHECK(count("agent") == 0);
  CHECK(context().ledger->unregistered() == 0);
  CHECK(all->types() == "");
}
