#include "api/channel_fixture.hpp"

#include <doctest/doctest.h>

using namespace bridgekeeper;
using namespace bridgekeeper::test;

namespace {

struct refusing_channel : channel_world {
  /// The one frame that `frame` is answered with: an error.
  json refusal(const std::string& frame) {
    socket->peer_sends(frame);
    run();
    auto answers = heard();
    REQUIRE(answers.size() == 1);
    CHECK(answers[0]["type"] == "error");
    CHECK_FALSE(socket->closed);
    CHECK(state_of<control_channel_state>(aut).dispatches.empty());
    return answers[0];
  }
};

} // namespace

TEST_CASE_FIXTURE(refusing_channel, "a frame that is no request is refused and "
                                    "the channel stays") {
  CHECK(refusal("hello")["code"] == "invalid_json");
  CHECK(refusal("")["code"] == "invalid_json");
  CHECK(refusal(R"({"type":"dance","id":"7"})")["code"] == "invalid_message");
  CHECK(refusal("{}")["code"] == "invalid_message");
}

TEST_CASE_FIXTURE(refusing_channel, "a refusal carries the request's id where "
                                    "it could be read") {
  CHECK(refusal(R"({"type":"dance","id":"7"})")["id"] == "7");
  CHECK(refusal(R"({"type":"dispatch","id":"8"})")["id"] == "8");
  CHECK(refusal(R"({"type":"dispatch","id":9})")["id"] == "");
}

TEST_CASE_FIXTURE(refusing_channel, "a dispatch that is malformed is refused "
                                    "before it is one") {
  auto dispatch = [this](json more) {
    json frame = {{"type", "dispatch"},
                  {"id", "q"},
                  {"agent_id", "alpha"},
                  {"content", "x"}};
    frame.update(more);
    auto out = refusal(frame.dump());
    CHECK(out["id"] == "q");
    CHECK(out["message_id"].is_null());
    return out["code"].get<std::string>();
  };
  CHECK(dispatch({{"agent_id", "not an id"}}) == "invalid_agent_id");
  CHECK(dispatch({{"content", "  "}}) == "empty_content");
  CHECK(dispatch({{"content", 7}}) == "invalid_message");
  CHECK(dispatch({{"content", std::string(10'001, 'x')}})
        == "content_too_long");
  CHECK(dispatch({{"timeout_s", -1}}) == "invalid_message");
}

TEST_CASE_FIXTURE(refusing_channel, "a dispatch to nobody is refused with what "
                                    "it was called") {
  json frame = {{"type", "dispatch"},
                {"id", "q"},
                {"agent_id", "nobody"},
                {"content", "x"}};
  auto out = refusal(frame.dump());
  CHECK(out["code"] == "unknown_agent");
  CHECK(out["detail"] == "Agent not found");
  REQUIRE(out["message_id"].is_string());
  CHECK(out["retry_helps"] == false);
  // The daemon remembers the refused dispatch, but not the id of an agent that
  // the client may have made up.
  const auto& decisions = *context().decisions;
  CHECK(decisions.about(message_id{out["message_id"]}).size() == 1);
  CHECK(decisions.about(errc::unknown_agent).size() == 1);
  CHECK(decisions.about(agent_id{"nobody"}).empty());
}

TEST_CASE_FIXTURE(refusing_channel, "at the daemon's end no task is taken") {
  context().draining = true;
  json frame = {{"type", "dispatch"},
                {"id", "q"},
                {"agent_id", "alpha"},
                {"content", "x"}};
  auto out = refusal(frame.dump());
  CHECK(out["code"] == "draining");
  CHECK(out["retry_helps"] == true);
}

TEST_CASE_FIXTURE(refusing_channel, "a binary frame ends the channel") {
  socket->peer_sends("{}", true);
  run();
  REQUIRE(socket->closed);
  CHECK(socket->closed->code == 1003);
  aut = nullptr;
  CHECK(count("control-channel") == 0);
}

TEST_CASE_FIXTURE(channel_world,
                  "at the daemon's end a channel is closed 1001") {
  dismiss_clients();
  REQUIRE(socket->closed);
  CHECK(socket->closed->code == 1001);
}

TEST_CASE_FIXTURE(channel_world, "a channel that dies of an exception closes "
                                 "its socket") {
  socket->broken = true;
  socket->peer_sends("hello");
  run();
  REQUIRE(socket->closed);
  CHECK(socket->closed->code == 1011);
  aut = nullptr;
  CHECK(count("control-channel") == 0);
}
