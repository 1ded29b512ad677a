// A follow-up to a dispatch continues the agent's own session of that dispatch,
// if its bridge has named one.

#include "api/channel_fixture.hpp"
#include "api/control_fixture.hpp"

#include <doctest/doctest.h>

#include <string>

using namespace bridgekeeper;
using namespace bridgekeeper::test;

namespace {

const std::string dispatch_to_alpha = "/control/agents/alpha/dispatch";
const std::string follow_up_alpha = "/control/agents/alpha/followup";

/// A bridge of protocol 1.1.
bridge enter_explaining(world& where) {
  auto out = where.connect();
  out.socket->peer_sends(register_frame(
      "alpha", {{"protocol", "1.1"}, {"instance_id", "i-1"}, {"slots", 4}}));
  where.run();
  std::ignore = out.socket->take_sent();
  return out;
}

/// The only frame that the bridge was sent since the last call.
json frame_to(const bridge& link) {
  auto frames = link.socket->take_sent();
  REQUIRE(frames.size() == 1);
  return parsed(frames[0]);
}

void respond(world& where, const bridge& link, const std::string& message,
             const json& more) {
  json frame{{"type", "response"},
             {"agent_id", "alpha"},
             {"message_id", message},
             {"content", "done"}};
  frame.update(more);
  link.socket->peer_sends(frame.dump());
  where.run();
  std::ignore = link.socket->take_sent();
}

struct session_world : control_world {
  bridge link = enter_explaining(*this);

  /// Posts, and returns the frame that the bridge is sent.
  json sent(const std::string& path, const json& body) {
    auto answer = post(path, body.dump());
    CAPTURE(answer.body);
    REQUIRE(answer.status == 200);
    return frame_to(link);
  }

  /// A dispatch that has ended with these members in its response.
  std::string ended(const json& more) {
    std::string id = sent(dispatch_to_alpha, {{"content", "x"}})["message_id"];
    respond(*this, link, id, more);
    return id;
  }
};

struct session_channel : channel_world {
  bridge link = enter_explaining(*this);
};

} // namespace

TEST_CASE_FIXTURE(session_world, "a follow-up continues the agent's session") {
  auto first = ended({{"agent_session_id", "s-1"}});
  SUBCASE("of the newest dispatch") {
    auto frame = sent(follow_up_alpha, {{"content", "y"}});
    CHECK(frame["agent_session_id"] == "s-1");
    CHECK(frame["followup_to"] == first);
    // What stock bridges see stays as it was.
    CHECK(frame["context"]
          == json{{"is_followup", true}, {"followup_to", first}});
  }
  SUBCASE("of the dispatch that it names") {
    ended({{"agent_session_id", "s-2"}});
    for (const auto& path : {follow_up_alpha, dispatch_to_alpha}) {
      auto frame = sent(path, {{"content", "y"}, {"followup_to", first}});
      CHECK(frame["agent_session_id"] == "s-1");
    }
  }
  SUBCASE("of a dispatch that has failed") {
    auto failed = ended({{"error", "boom"}, {"agent_session_id", "s-3"}});
    auto frame =
        sent(dispatch_to_alpha, {{"content", "y"}, {"followup_to", failed}});
    CHECK(frame["agent_session_id"] == "s-3");
  }
}

TEST_CASE_FIXTURE(session_world, "each follow-up of a chain continues the "
                                 "session of the one before") {
  ended({{"agent_session_id", "s-1"}});
  for (auto i = 1; i < 4; ++i) {
    auto frame = sent(follow_up_alpha, {{"content", "y"}});
    CHECK(frame["agent_session_id"] == "s-" + std::to_string(i));
    respond(*this, link, frame["message_id"],
            {{"agent_session_id", "s-" + std::to_string(i + 1)}});
  }
}

TEST_CASE_FIXTURE(session_world, "without a session of the earlier dispatch, "
                                 "a follow-up names none") {
  SUBCASE("it has not ended") {
    std::ignore = sent(dispatch_to_alpha, {{"content", "x"}});
    CHECK_FALSE(
        sent(follow_up_alpha, {{"content", "y"}}).contains("agent_session_id"));
  }
  SUBCASE("its bridge has named none") {
    ended({{"error", "boom"}});
    CHECK_FALSE(
        sent(follow_up_alpha, {{"content", "y"}}).contains("agent_session_id"));
  }
  SUBCASE("it is no follow-up") {
    ended({{"agent_session_id", "s-1"}});
    CHECK_FALSE(sent(dispatch_to_alpha, {{"content", "y"}})
                    .contains("agent_session_id"));
  }
  SUBCASE("an older one still runs") {
    auto older = sent(dispatch_to_alpha, {{"content", "x"}});
    ended({{"agent_session_id", "s-1"}});
    CHECK(sent(follow_up_alpha, {{"content", "y"}})["agent_session_id"]
          == "s-1");
  }
}

TEST_CASE_FIXTURE(session_channel, "a follow-up on /ws/control continues the "
                                   "agent's session") {
  json request{{"type", "dispatch"},
               {"id", "1"},
               {"agent_id", "alpha"},
               {"content", "x"}};
  say(request);
  std::string id = frame_to(link)["message_id"];
  respond(*this, link, id,
          {{"error", "boom"},
           {"agent_session_id", "s-1"},
           {"failure", "max_turns"}});
  auto replies = heard();
  REQUIRE(replies.size() == 2);
  CHECK(replies[1]["type"] == "response");
  CHECK(replies[1]["failure"] == "max_turns");
  CHECK(replies[1]["agent_session_id"] == "s-1");
  request["followup_to"] = id;
  say(request);
  CHECK(frame_to(link)["agent_session_id"] == "s-1");
}

TEST_CASE_FIXTURE(session_world, "a record shows what the bridge has said") {
  auto id = ended({{"error", "boom"},
                   {"failure", "rate_limited"},
                   {"retry_at", "2027-01-15T08:00:00Z"},
                   {"error_detail", "Error: 429"},
                   {"metadata", {{"turns", 3}}}});
  auto record = parsed(get("/control/dispatches/" + id).body);
  CHECK(record["failure"] == "rate_limited");
  CHECK(record["retry_at"] == "2027-01-15T08:00:00.000000+00:00");
  CHECK(record["error_detail"] == "Error: 429");
  CHECK(record["metadata"] == json{{"turns", 3}});
  CHECK_FALSE(record.contains("agent_session_id"));
}
