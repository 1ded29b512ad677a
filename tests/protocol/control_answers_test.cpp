#include "protocol/control_codec.hpp"
#include "protocol/event_json.hpp"
#include "protocol/record_json.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <string>

using namespace bridgekeeper;
using namespace bridgekeeper::protocol;
using namespace std::chrono_literals;

namespace {

const agent_id agent{"agent-1"};
const message_id message{"m-1"};

} // namespace

TEST_CASE("an accepted dispatch is answered with its ids") {
  CHECK(encode_accepted("7", message, agent)
        == R"({"type":"accepted","id":"7","message_id":"m-1",)"
           R"("agent_id":"agent-1"})");
}

TEST_CASE("progress is passed on under the id of the request") {
  progress x{message, agent, "running", "50 %", json_object{R"({"a":1})"}};
  CHECK(encode_progress("7", x)
        == R"({"type":"progress","id":"7","message_id":"m-1",)"
           R"("agent_id":"agent-1","status":"running",)"
           R"("progress_text":"50 %","metadata":{"a":1}})");
}

TEST_CASE("a response is passed on with the time it took") {
  response x{message, agent, "done", json_object{R"({"t":1})"}, {}};
  CHECK(encode_response("7", x, 1250ms)
        == R"({"type":"response","id":"7","message_id":"m-1",)"
           R"("agent_id":"agent-1","content":"done","usage":{"t":1},)"
           R"("error":null,"duration_s":1.25})");
}

TEST_CASE("an error names its reason and whether trying again helps") {
  CHECK(encode_error("7", &message, {errc::agent_lost, {}})
        == R"({"type":"error","id":"7","message_id":"m-1",)"
           R"("detail":"The agent's connection ended before it responded",)"
           R"("code":"agent_lost","retryable":true,"retry_after_s":null,)"
           R"("retry_helps":true})");
  CHECK(encode_error("", nullptr, {errc::invalid_message, "id: \"x\""})
        == R"({"type":"error","id":"","message_id":null,)"
           R"("detail":"id: \"x\"","code":"invalid_message",)"
           R"("retryable":false,"retry_after_s":null,"retry_helps":false})");
}

TEST_CASE("a subscription is confirmed") {
  CHECK(encode_subscribed("s") == R"({"type":"subscribed","id":"s"})");
}

TEST_CASE("an event is passed on with its place in the order") {
  event x;
  x.sequence = 42;
  x.agent = agent;
  x.session = share(session_id{"s"});
  x.body = agent_disconnected{errc::peer_closed};
  CHECK(encode_event_head("s", x.sequence) + protocol::encode(x) + "}"
        == R"({"type":"event","id":"s","sequence":42,"event":)" + encode(x)
               + "}");
}

TEST_CASE("a list of agents is passed on with its length") {
  CHECK(encode_agents("l", R"([{"agent_id":"a"}])", 1)
        == R"({"type":"agents","id":"l","agents":[{"agent_id":"a"}],)"
           R"("total":1})");
  CHECK(encode_agents("", "[]", 0)
        == R"({"type":"agents","id":"","agents":[],"total":0})");
}

TEST_CASE("an id that is not plain text does not break its answer") {
  CHECK(encode_subscribed("a\"\n\xff")
        == "{\"type\":\"subscribed\",\"id\":\"a\\\"\\n\ufffd\"}");
}
