#include "domain/timestamp.hpp"
#include "protocol/codec.hpp"
#include "support/decoded.hpp"

#include <doctest/doctest.h>

#include <string>

using namespace bridgekeeper;
using namespace bridgekeeper::protocol;
using bridgekeeper::test::decoded;
using bridgekeeper::test::refusal_of;

// -- defaults (contract section 1) --------------------------------------------

TEST_CASE("a register frame of required fields alone gets the defaults") {
  auto x = decoded<registration>(
      R"({"type":"register","agent_id":"a","auth_token":"t"})");
  CHECK(x.agent == agent_id{"a"});
  CHECK(x.auth_token == "t");
  CHECK(x.capabilities.empty());
  CHECK(x.workdir == std::nullopt);
  CHECK(x.metadata.str() == "{}");
}

TEST_CASE("a registered frame of required fields alone gets the defaults") {
  auto x = decoded<registered>(
      R"({"type":"registered","session_id":"s","agent_id":"a"})");
  CHECK(x.session == session_id{"s"});
  CHECK(x.message == "Registration successful");
}

TEST_CASE("a dispatch frame of required fields alone gets the defaults") {
  auto x = decoded<dispatch>(
      R"({"type":"dispatch","message_id":"m","agent_id":"a","content":"c"})");
  CHECK(x.content == "c");
  CHECK(x.context.str() == "{}");
  CHECK_FALSE(x.session);
}

TEST_CASE("a progress frame of required fields alone gets the defaults") {
  auto x = decoded<progress>(
      R"({"type":"progress","message_id":"m","agent_id":"a","status":"s"})");
  CHECK(x.status == "s");
  CHECK(x.text.empty());
  CHECK(x.metadata.str() == "{}");
}

TEST_CASE("a response frame of required fields alone gets the defaults") {
  auto x = decoded<response>(
      R"({"type":"response","message_id":"m","agent_id":"a"})");
  CHECK(x.message == message_id{"m"});
  CHECK(x.content.empty());
  CHECK(x.usage.str() == "{}");
  CHECK(x.error == std::nullopt);
}

TEST_CASE("a heartbeat without a timestamp gets the time it is") {
  auto before = to_iso8601(wall_clock_now());
  auto x = decoded<heartbeat>(R"({"type":"heartbeat","agent_id":"a"})");
  auto after = to_iso8601(wall_clock_now());
  CHECK(before <= x.timestamp);
  CHECK(x.timestamp <= after);
}

// -- tolerance ----------------------------------------------------------------

TEST_CASE("fields nobody knows are ignored") {
  auto x = decoded<heartbeat>(
      R"({"v":2,"type":"heartbeat","x":[{"type":"response"}],)"
      R"("agent_id":"a","timestamp":"t","y":{"agent_id":"b"},"z":null})");
  CHECK(x.agent == agent_id{"a"});
  CHECK(x.timestamp == "t");
}

TEST_CASE("fields of another type of message are not looked at") {
  // `workdir` and `status` would be refused where they count.
  auto x = decoded<response>(
      R"({"type":"response","message_id":"m","agent_id":"a",)"
      R"("workdir":1,"status":{},"capabilities":"x","auth_token":null})");
  CHECK(x.agent == agent_id{"a"});
}

TEST_CASE("the type may come last") {
  auto x = decoded<registration>(
      R"({"auth_token":"t","agent_id":"a","type":"register"})");
  CHECK(x.auth_token == "t");
}

TEST_CASE("of a field that comes twice the last counts") {
  auto x = decoded<heartbeat>(
      R"({"type":"response","agent_id":"a","agent_id":"b","timestamp":"t",)"
      R"("type":"heartbeat"})");
  CHECK(x.agent == agent_id{"b"});
}

TEST_CASE("a field set to null again counts as null") {
  auto why =
      refusal_of(R"({"type":"heartbeat","agent_id":"a","agent_id":null})");
  CHECK(why.detail
        == "Invalid message format: agent_id: expected a non-empty string, "
           "got null");
}

TEST_CASE("white space and a byte-order mark around a frame are no harm") {
  auto x =
      decoded<heartbeat>("\xEF\xBB\xBF \r\n\t{ \"type\" : \"heartbeat\" , "
                         "\"agent_id\" : \"a\" , \"timestamp\" : \"t\" } ");
  CHECK(x.agent == agent_id{"a"});
}

TEST_CASE("null is as good as nothing where the contract allows null") {
  auto who = decoded<registration>(
      R"({"type":"register","agent_id":"a","auth_token":"t","workdir":null})");
  CHECK(who.workdir == std::nullopt);
  auto task = decoded<dispatch>(
      R"({"type":"dispatch","message_id":"m","agent_id":"a","content":"c",)"
      R"("session_id":null})");
  CHECK_FALSE(task.session);
  auto result = decoded<response>(
      R"({"type":"response","message_id":"m","agent_id":"a","error":null})");
  CHECK(result.error == std::nullopt);
}

TEST_CASE("an empty error is an error and not null") {
  auto x = decoded<response>(
      R"({"type":"response","message_id":"m","agent_id":"a","error":""})");
  REQUIRE(x.error);
  CHECK(x.error->empty());
}

TEST_CASE("escapes in names and values are resolved") {
  auto x = decoded<heartbeat>(
      R"({"t\u0079pe":"heart\u0062eat","agent_id":"\u0061","timestamp":)"
      R"("\ud83d\ude00\/"})");
  CHECK(x.agent == agent_id{"a"});
  CHECK(x.timestamp == "\U0001F600/");
}

// -- what Python writes -------------------------------------------------------

TEST_CASE("a result with a cost that is not a number is not lost") {
  auto x = decoded<response>(
      R"({"type":"response","message_id":"m","agent_id":"a","content":"NaN",)"
      R"("usage":{"cost_usd":NaN,"max":Infinity,"min":-Infinity,"n":1}})");
  CHECK(x.content == "NaN");
  CHECK(x.usage.str() == R"({"cost_usd":null,"max":null,"min":null,"n":1})");
}

TEST_CASE("a result with half a surrogate pair is not lost") {
  auto x = decoded<response>(
      R"({"type":"response","message_id":"m","agent_id":"a",)"
      R"("content":"cut \ud83d","usage":{"k\udc00":"\ud83d\ude00"}})");
  CHECK(x.content == "cut \ufffd");
  CHECK(x.usage.str() == "{\"k\ufffd\":\"\U0001F600\"}");
}

TEST_CASE(
    "an integer of Python that is too large for others keeps its digits") {
  auto x = decoded<response>(
      R"({"type":"response","message_id":"m","agent_id":"a","usage":)"
      R"({"tokens":123456789012345678901234567890}})");
  CHECK(x.usage.str() == R"({"tokens":123456789012345678901234567890})");
}

// -- string_member ------------------------------------------------------------

TEST_CASE("a string inside metadata is found") {
  auto find = [](std::string text) {
    return string_member(json_object{std::move(text)}, "session_id");
  };
  CHECK(find(R"({"x":1,"session_id":"s-1"})") == "s-1");
  CHECK(find("{}").empty());
  CHECK(find(R"({"session_id":null})").empty());
  CHECK(find(R"({"session_id":5})").empty());
  CHECK(find(R"({"session_id":["s"]})").empty());
  CHECK(find(R"({"x":{"session_id":"s"}})").empty());
  CHECK(find(R"({"session_id":""})").empty());
}
