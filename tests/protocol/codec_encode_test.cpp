#include "protocol/codec.hpp"
#include "support/decoded.hpp"

#include <doctest/doctest.h>

#include <string>

using namespace bridgekeeper;
using namespace bridgekeeper::protocol;
using bridgekeeper::test::decoded;

namespace {

const agent_id agent{"agent-1"};
const message_id message{"m-1"};

} // namespace

// -- exact text ---------------------------------------------------------------

TEST_CASE("register is written with exactly the fields of the contract") {
  CHECK(encode(registration{agent, "secret", {"a", "b"}, "/srv", json_object{}})
        == R"({"type":"register","agent_id":"agent-1","auth_token":"secret",)"
           R"("capabilities":["a","b"],"workdir":"/srv","metadata":{}})");
  CHECK(encode(registration{agent, "secret", {}, {}, json_object{R"({"x":1})"}})
        == R"({"type":"register","agent_id":"agent-1","auth_token":"secret",)"
           R"("capabilities":[],"workdir":null,"metadata":{"x":1}})");
}

TEST_CASE("registered is written with exactly the fields of the contract") {
  CHECK(encode(registered{session_id{"s-1"}, agent})
        == R"({"type":"registered","session_id":"s-1","agent_id":"agent-1",)"
           R"("message":"Registration successful"})");
}

TEST_CASE("dispatch is written with exactly the fields of the contract") {
  CHECK(encode(dispatch{message, agent, "do it", json_object{}, {}})
        == R"({"type":"dispatch","message_id":"m-1","agent_id":"agent-1",)"
           R"("content":"do it","context":{},"session_id":null})");
  CHECK(encode(dispatch{message, agent, "x", json_object{R"({"k":[1]})"},
                        share(session_id{"s"})})
        == R"({"type":"dispatch","message_id":"m-1","agent_id":"agent-1",)"
           R"("content":"x","context":{"k":[1]},"session_id":"s"})");
}

TEST_CASE("progress is written with exactly the fields of the contract") {
  CHECK(encode(progress{message, agent, "running", "50 %", json_object{}})
        == R"({"type":"progress","message_id":"m-1","agent_id":"agent-1",)"
           R"("status":"running","progress_text":"50 %","metadata":{}})");
}

TEST_CASE("response is written with exactly the fields of the contract") {
  CHECK(encode(response{message, agent, "done", json_object{R"({"t":1})"}, {}})
        == R"({"type":"response","message_id":"m-1","agent_id":"agent-1",)"
           R"("content":"done","usage":{"t":1},"error":null})");
  CHECK(encode(response{message, agent, "", json_object{}, "broke"})
        == R"({"type":"response","message_id":"m-1","agent_id":"agent-1",)"
           R"("content":"","usage":{},"error":"broke"})");
}

TEST_CASE("heartbeat is written with exactly the fields of the contract") {
  CHECK(encode(heartbeat{agent, "2026-01-31T12:00:00+00:00"})
        == R"({"type":"heartbeat","agent_id":"agent-1",)"
           R"("timestamp":"2026-01-31T12:00:00+00:00"})");
}

// -- round trips --------------------------------------------------------------

TEST_CASE("a register frame survives the round trip") {
  registration x{agent,
                 "to\"ken",
                 {"", "caf\u00e9", "a,b"},
                 "/srv/\\x",
                 json_object{R"({"session_id":"s","n":[1.5,null]})"}};
  auto y = decoded<registration>(encode(x));
  CHECK(y.agent == x.agent);
  CHECK(y.auth_token == x.auth_token);
  CHECK(y.capabilities == x.capabilities);
  CHECK(y.workdir == x.workdir);
  CHECK(y.metadata == x.metadata);
}

TEST_CASE("a registered frame survives the round trip") {
  registered x{session_id{"s"}, agent, "Welcome back"};
  auto y = decoded<registered>(encode(x));
  CHECK(y.session == x.session);
  CHECK(y.agent == x.agent);
  CHECK(y.message == x.message);
}

TEST_CASE("a dispatch frame survives the round trip") {
  dispatch x{message, agent, "line\nline \U0001F600",
             json_object{R"({"a":{}})"}, share(session_id{"s"})};
  auto y = decoded<dispatch>(encode(x));
  CHECK(y.message == x.message);
  CHECK(y.agent == x.agent);
  CHECK(y.content == x.content);
  CHECK(y.context == x.context);
  CHECK(*y.session == *x.session);
}

TEST_CASE("a progress frame survives the round trip") {
  progress x{message, agent, "working", "\t50 %", json_object{R"({"a":"b"})"}};
  auto y = decoded<progress>(encode(x));
  CHECK(y.message == x.message);
  CHECK(y.agent == x.agent);
  CHECK(y.status == x.status);
  CHECK(y.text == x.text);
  CHECK(y.metadata == x.metadata);
}

TEST_CASE("a response frame survives the round trip") {
  response x{message, agent, std::string(100'000, '"'),
             json_object{R"({"total_tokens":12345678901234567890})"},
             "exit code 1"};
  auto y = decoded<response>(encode(x));
  CHECK(y.message == x.message);
  CHECK(y.agent == x.agent);
  CHECK(y.content == x.content);
  CHECK(y.usage == x.usage);
  CHECK(y.error == x.error);
}

TEST_CASE("a heartbeat comes back with the very same timestamp") {
  for (auto text : {"2026-01-31T12:00:00.000001+00:00", "1706702400.5",
                    "2026-01-31 12:00", "\u23f0"}) {
    heartbeat x{agent, text};
    auto y = decoded<heartbeat>(encode(x));
    CHECK(y.agent == x.agent);
    CHECK(y.timestamp == text);
    CHECK(encode(bridge_message{y}) == encode(x));
  }
}

TEST_CASE("a message of any type is written as that type") {
  for (const bridge_message& x :
       {bridge_message{registration{agent, "t", {}, {}, {}}},
        bridge_message{registered{session_id{"s"}, agent}},
        bridge_message{dispatch{message, agent, "c", {}, {}}},
        bridge_message{progress{message, agent, "s", {}, {}}},
        bridge_message{response{message, agent, {}, {}, {}}},
        bridge_message{heartbeat{agent, "now"}}}) {
    auto again = decode(encode(x));
    REQUIRE(again.has_value());
    CHECK(again->index() == x.index());
    CHECK(encode(*again) == encode(x));
  }
}
