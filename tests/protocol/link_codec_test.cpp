#include "protocol/codec.hpp"
#include "support/decoded.hpp"

#include <doctest/doctest.h>

#include <string>
#include <utility>

using namespace bridgekeeper;
using namespace bridgekeeper::protocol;
using namespace std::chrono_literals;
using bridgekeeper::test::decoded;
using bridgekeeper::test::refusal_of;

namespace {

const agent_id agent{"agent-1"};
const message_id message{"m-1"};

} // namespace

TEST_CASE("the messages of 1.1 are written with the fields of the contract") {
  for (const auto& [x, text] : {
           std::pair<bridge_message, std::string>{
               resume_list{agent, {{message, resume_state::finished}}, true},
               R"({"type":"resume","agent_id":"agent-1","resume":[)"
               R"({"message_id":"m-1","state":"finished"}],"more":true})"},
           {accept_notice{message, agent},
            R"({"type":"accept","message_id":"m-1","agent_id":"agent-1"})"},
           {cancel_request{message, "timed_out"},
            R"({"type":"cancel","message_id":"m-1","reason":"timed_out"})"},
           {response_ack{message}, R"({"type":"ack","message_id":"m-1"})"},
           {goaway_notice{"shutting_down", 1500ms},
            R"({"type":"goaway","reason":"shutting_down",)"
            R"("reconnect_after_ms":1500})"},
           {drain_notice{agent}, R"({"type":"drain","agent_id":"agent-1"})"},
       }) {
    CHECK(encode(x) == text);
    auto again = decode(text);
    REQUIRE(again.has_value());
    CHECK(again->index() == x.index());
    CHECK(encode(*again) == text);
  }
}

TEST_CASE("messages of 1.1 with required members alone get the defaults") {
  auto list = decoded<resume_list>(R"({"type":"resume","agent_id":"a"})");
  CHECK(list.entries.empty());
  CHECK_FALSE(list.more);
  CHECK(decoded<cancel_request>(R"({"type":"cancel","message_id":"m"})")
            .reason.empty());
  auto away = decoded<goaway_notice>(R"({"type":"goaway"})");
  CHECK(away.reason.empty());
  CHECK(away.reconnect_after == 0ms);
}

TEST_CASE("invalid messages of 1.1 are refused, and the member is named") {
  for (auto [frame, field] : {
           std::pair{R"({"type":"resume"})", "agent_id"},
           {R"({"type":"resume","agent_id":"a","resume":{}})", "resume"},
           {R"({"type":"resume","agent_id":"a","resume":[{}]})", "resume"},
           {R"({"type":"resume","agent_id":"a","more":1})", "more"},
           {R"({"type":"accept","agent_id":"a"})", "message_id"},
           {R"({"type":"accept","message_id":"m"})", "agent_id"},
           {R"({"type":"cancel","reason":"x"})", "message_id"},
           {R"({"type":"cancel","message_id":"m","reason":1})", "reason"},
           {R"({"type":"ack"})", "message_id"},
           {R"({"type":"ack","message_id":""})", "message_id"},
           {R"({"type":"goaway","reconnect_after_ms":-1})",
            "reconnect_after_ms"},
           {R"({"type":"goaway","reconnect_after_ms":3600001})",
            "reconnect_after_ms"},
           {R"({"type":"goaway","reconnect_after_ms":"1"})",
            "reconnect_after_ms"},
           {R"({"type":"drain"})", "agent_id"},
       }) {
    CAPTURE(frame);
    auto why = refusal_of(frame);
    CHECK(why.code == errc::invalid_message);
    CHECK(why.field == field);
  }
}

TEST_CASE("members that messages of 1.1 do not have are ignored") {
  CHECK(decoded<response_ack>(
            R"({"type":"ack","message_id":"m","agent_id":1,"x":[]})")
            .message
        == message_id{"m"});
}
